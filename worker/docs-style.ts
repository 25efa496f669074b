/** How the page of the description looks, in the dashboard's colours: light and dark, on a phone and on a desk, on paper. */
export const STYLE = `
:root { color-scheme: light dark; --paper: light-dark(#f6f5f2, #0f1215); --card: light-dark(#ffffff, #171b20);
  --sunk: light-dark(#f1f0ec, #10141a); --ink: light-dark(#1a1d23, #eceff3); --muted: light-dark(#5a606b, #a2abb7);
  --line: light-dark(#e3e1dc, #2a3038); --link: light-dark(#2a5f92, #7db1e3); --post: light-dark(#c2410c, #ff8a5c); }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 6rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.6 system-ui, sans-serif; }
h1 { margin: 0; font-size: 2rem; } h1 small { color: var(--muted); font-size: 1rem; font-weight: 400; }
h2 { margin: 3rem 0 0; font-size: 1.4rem; scroll-margin-top: 4rem; } h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; }
p { margin: .4rem 0 .8rem; max-width: 46rem; } small, .say { color: var(--muted); }
a { color: var(--link); } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
code { font: .9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
nav { position: sticky; top: 0; background: var(--paper); border-bottom: 1px solid var(--line); margin: 1rem 0; z-index: 1; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 0; padding: .6rem 0; list-style: none; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; }
details { border: 1px solid var(--line); border-radius: 8px; margin: .6rem 0; background: var(--card);
  scroll-margin-top: 4rem; }
summary { cursor: pointer; padding: .6rem .9rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .7rem; }
summary::before { content: "\\25b8"; color: var(--muted); } details[open] > summary::before { content: "\\25be"; }
summary .say { flex: 1 1 16rem; } details[open] > summary { border-bottom: 1px solid var(--line); }
.body { padding: .2rem .9rem 1rem; } .path { font-weight: 600; }
.method { min-width: 3.2rem; font: 700 .8rem/1.5 ui-monospace, monospace; color: var(--link); } .post { color: var(--post); }
pre { margin: .3rem 0; padding: .8rem; background: var(--sunk); border: 1px solid var(--line); border-radius: 6px;
  overflow-x: auto; } pre code { overflow-wrap: normal; }
dl { margin: 0; display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .2rem 1rem; }
dd { margin: 0; min-width: 0; } .forms { margin: .2rem 0; padding-left: 1.1rem; }
article { border-top: 1px solid var(--line); padding: .3rem 0 1rem; scroll-margin-top: 4rem; }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .5rem; } }
@media print { nav, .skip { display: none; } }
`;
