/** Which normal domains and anomaly families there are, each with its model and a sentence on it. */

import type { TrafficModel } from "./flow.ts";
import { amplification, httpFlood, slowloris, synFlood } from "./anomalies/floods.ts";
import { beaconing, cryptomining, dnsTunnel, exfiltration, icmpTunnel } from "./anomalies/intruders.ts";
import { bruteForce, credentialStuffing, portScan, webAttack } from "./anomalies/probes.ts";
import { backup } from "./normal/backup.ts";
import { dns } from "./normal/dns.ts";
import { iot } from "./normal/iot.ts";
import { mail } from "./normal/mail.ts";
import { ssh } from "./normal/ssh.ts";
import { video } from "./normal/video.ts";
import { web } from "./normal/web.ts";

export interface CatalogueEntry {
  readonly name: string;
  readonly role: "normal" | "anomaly";
  readonly description: string;
  readonly model: TrafficModel;
}

const normalDomains: readonly (readonly [string, TrafficModel, string])[] = [
  ["web", web, "Page views over TCP and QUIC, scripts that fetch one thing, channels kept open for messages."],
  ["dns", dns, "Questions and answers in datagrams, and resolvers reached over TLS."],
  ["mail", mail, "Messages handed over by SMTP; programs fetching and waiting by IMAP."],
  ["video", video, "Films fetched piece by piece, and calls in small datagrams."],
  ["iot", iot, "Devices publishing readings on a timer, over TCP or in datagrams, and pings to see they live."],
  ["ssh", ssh, "People typing, and scripts that log in, do one thing and leave."],
  ["backup", backup, "Bulk copies to a store nearby, and comparisons that find nothing new."],
];

const families: readonly (readonly [string, TrafficModel, string])[] = [
  ["syn_flood", synFlood, "Connections opened and never taken up."],
  ["http_flood", httpFlood, "One page asked for over and over by scripts."],
  ["slowloris", slowloris, "Requests that never end, kept alive a line at a time."],
  ["amplification", amplification, "Small questions in a victim's name, large answers."],
  ["port_scan", portScan, "Ports tried one after another; most refuse or keep silent."],
  ["brute_force", bruteForce, "Logins tried and failed by a script."],
  ["credential_stuffing", credentialStuffing, "Stolen passwords tried on a login form over TLS."],
  ["web_attack", webAttack, "Injected parameters sent by a script, answered by error pages."],
  ["dns_tunnel", dnsTunnel, "Data carried in DNS names and answers."],
  ["icmp_tunnel", icmpTunnel, "Data carried in echo requests and answers."],
  ["beaconing", beaconing, "Small signs of life on a timer, over TLS, for hours."],
  ["exfiltration", exfiltration, "Files leaving over TLS, throttled."],
  ["cryptomining", cryptomining, "Work handed out and shares handed in over a lasting connection."],
];

export const catalogue: readonly CatalogueEntry[] = [
  ...normalDomains.map(([name, model, description]) => ({
    name,
    role: "normal" as const,
    description,
    model,
  })),
  ...families.map(([name, model, description]) => ({
    name,
    role: "anomaly" as const,
    description,
    model,
  })),
];
