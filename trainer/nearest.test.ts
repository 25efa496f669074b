import { expect, test } from "vitest";
import { didYouMean, nearest } from "./nearest.ts";

test("near names come best first, each once", () => {
  expect(nearest("portscn", ["bot", "portscan", "dos", "portscan"])).toEqual(["portscan"]);
  expect(nearest("Flow_Duration", new Set(["flow duration", "Flow IAT Mean"]))).toEqual(["flow duration"]);
});

test("the remedy names near matches, else what there is", () => {
  expect(didYouMean("doss", ["dos", "bot"])).toBe('Did you mean "dos"?');
  expect(didYouMean("heartbleed", ["dos", "bot"])).toBe('There are: "dos", "bot".');
  expect(didYouMean("e\u0301tat", ["\xE9tat", "etat"])).toBe(
    'Did you mean "\xE9tat", which is written in other Unicode characters?',
  );
  expect(didYouMean("dos", [])).toBe("There are none to choose from.");
});
