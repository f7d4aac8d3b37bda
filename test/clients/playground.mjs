// Uses the policy playground as a developer does and prints what it shows.
// usage: node playground.mjs URL CHROMIUM FOLDER
import { readFile } from "node:fs/promises";
import { launch } from "./browser.mjs";

const [url, executablePath, folder] = process.argv.slice(2);
const browser = await launch(executablePath);
const page = await (await browser.newContext()).newPage();
const errors = [];
page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
page.on("pageerror", (e) => errors.push(e.message));
const state = (text) => page.waitForFunction((t) => document.getElementById("state").textContent === t, text);
const said = {};

await page.goto(url + "/_cognate/playground");
await state("1 allowed, 1 denied");
said.effects = await page.locator(".effect").allTextContents();
said.origin = (await page.locator("dt .from").first().textContent()).startsWith("from enrichment source pool");

// An administrator's role in the request: the attributes still come from the pool.
const request = await page.inputValue("#request");
await page.fill("#request", request.replace('"id": "bob"', '"id": "bob", "roles": ["admin"]'));
await state("2 allowed, 0 denied");

const policy = await page.inputValue("#policy");
await page.fill("#policy", policy.replace("resourcePolicy:", "resourcePolice:"));
await page.waitForFunction(() => document.getElementById("state").textContent.includes("problem"));
said.problem = await page.locator(".problem").first().textContent();
await page.fill("#policy", policy);
await state("2 allowed, 0 denied");

const download = page.waitForEvent("download");
await page.click("#save");
const file = folder + "/playground.json";
await (await download).saveAs(file);
said.saved = JSON.parse(await readFile(file, "utf8")).files.length > 2;

await page.reload();
await state("1 allowed, 1 denied");
await page.setInputFiles("#file", file);
await state("2 allowed, 0 denied");

// The explorer at the root: each call of the OpenAPI document answers its example.
await page.goto(url + "/");
await page.waitForSelector("details.call");
const calls = page.locator("details.call");
said.calls = await calls.count();
said.refused = [];
for (let i = 0; i < said.calls; i++) {
  const call = calls.nth(i);
  if (!(await call.getAttribute("open").then((v) => v !== null))) await call.locator("summary").click();
  await call.locator("button").click();
  await call.locator(".said.good, .said.bad").waitFor();
  if (await call.locator(".said.bad").count()) said.refused.push(await call.locator("code").textContent());
}
said.decided = (await calls.first().locator("pre").textContent()).includes('"delete": "EFFECT_ALLOW"');
said.errors = errors;
console.log(JSON.stringify(said));
await browser.close();
