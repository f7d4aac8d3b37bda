// The playground: two editors, one question, one answer. Everything is put on the page as text.
"use strict";

const base = "/_cognate/playground";
const $ = (id) => document.getElementById(id);
const policy = $("policy"), request = $("request"), files = $("files"), decision = $("decision"), state = $("state");

const example = {
  principal: { id: "bob" },
  resources: [{ actions: ["read", "delete"], resource: { kind: "contact", id: "c1", attr: { owner: "somebody" } } }],
};

const stranger = { ...example, principal: { ...example.principal, roles: ["user"] } }; // where nobody is called so

let set = []; // {name, text}
let shown = -1; // which file is in the editor
let problems = [];

function node(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

const pretty = (value) => JSON.stringify(value, null, 2);

// The gutter beside each editor numbers the lines and scrolls with them.
function number(editor) {
  const gutter = editor.parentElement.querySelector(".gutter");
  const name = editor === request ? "request" : set[shown]?.name;
  const bad = new Set(problems.filter((p) => p.file === name).map((p) => p.line));
  const lines = editor.value.split("\n").length;
  gutter.replaceChildren();
  for (let i = 1; i <= lines; i++) gutter.append(node("span", bad.has(i) ? "bad" : "", i), "\n");
  gutter.scrollTop = editor.scrollTop;
}

function list() {
  files.replaceChildren();
  set.forEach((f, i) => {
    const o = node("option", "", f.name);
    o.value = i;
    o.selected = i === shown;
    files.append(o);
  });
  files.disabled = policy.disabled = $("remove").disabled = set.length === 0;
}

function show(i) {
  shown = set.length === 0 ? -1 : Math.max(0, Math.min(i, set.length - 1));
  policy.value = shown < 0 ? "" : set[shown].text;
  policy.scrollTop = 0;
  list();
  number(policy);
}

// take puts a saved state into the editors.
function take(saved) {
  set = saved.files.map((f) => ({ name: String(f.name), text: String(f.text) }));
  set.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (saved.request !== undefined) request.value = typeof saved.request === "string" ? saved.request : pretty(saved.request);
  problems = [];
  show(set.findIndex((f) => /^resourcePolicy:/m.test(f.text)));
  number(request);
  ask();
}

let running = 0;

async function ask() {
  const mine = ++running;
  let parsed;
  try {
    parsed = JSON.parse(request.value);
  } catch (e) {
    fail([{ file: "request", message: e.message }]);
    return;
  }
  state.textContent = "…";
  decision.classList.add("stale");
  let answer;
  try {
    const res = await fetch(base + "/try", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ files: set, request: parsed }),
    });
    answer = await res.json();
    if (!res.ok) answer = { findings: [{ message: answer.message }] };
  } catch {
    answer = { findings: [{ message: "The server does not answer." }] };
  }
  if (mine !== running) return; // somebody typed meanwhile
  if (answer.findings?.[0]?.file === "request" && request.value === pretty(example)) {
    request.value = pretty(stranger);
    number(request);
    ask();
  } else if (answer.findings) fail(answer.findings);
  else explain(answer.explanation);
}

function fail(found) {
  problems = found;
  decision.classList.remove("stale");
  decision.replaceChildren();
  state.textContent = found.length === 1 ? "1 problem" : found.length + " problems";
  for (const p of found) {
    const box = node("div", "problem");
    const place = [p.file, p.line, p.column].filter(Boolean).join(":");
    const i = set.findIndex((f) => f.name === p.file);
    if (place && i >= 0) {
      const go = node("button", "", place);
      go.type = "button";
      go.addEventListener("click", () => jump(i, p.line));
      box.append(go);
    } else if (place) {
      box.append(node("span", "place", place));
    }
    box.append(node("span", "", p.message));
    decision.append(box);
  }
  number(policy);
  number(request);
}

function jump(i, line) {
  show(i);
  const before = policy.value.split("\n").slice(0, (line || 1) - 1);
  const at = before.join("\n").length + (before.length ? 1 : 0);
  policy.focus();
  policy.setSelectionRange(at, at);
  policy.scrollTop = (before.length - 3) * (policy.scrollHeight / policy.value.split("\n").length);
}

function explain(e) {
  problems = [];
  number(policy);
  number(request);
  decision.classList.remove("stale");
  decision.replaceChildren();
  const count = { EFFECT_ALLOW: 0, EFFECT_DENY: 0 };
  for (const r of e.resources || []) {
    const block = node("div", "block");
    const title = node("h3", "", r.kind + " ");
    title.append(node("span", "kind", r.id));
    block.append(title);
    if (r.derivedRoles?.length) {
      const chips = node("div", "chips");
      for (const d of r.derivedRoles) chips.append(node("span", "chip", "derived role " + d));
      block.append(chips);
    }
    for (const v of r.validationErrors || []) block.append(node("div", "problem", v));
    for (const a of r.actions || []) {
      count[a.effect] = (count[a.effect] || 0) + 1;
      block.append(action(a));
    }
    if (r.outputs) block.append(node("pre", "out", JSON.stringify(r.outputs, null, 2)));
    decision.append(block);
  }
  decision.append(principal(e.principal));
  state.textContent = count.EFFECT_ALLOW + " allowed, " + count.EFFECT_DENY + " denied";
}

function action(a) {
  const allow = a.effect === "EFFECT_ALLOW";
  const box = node("div", "action " + (allow ? "allow" : "deny"));
  const title = node("div", "title");
  title.append(node("span", "effect", allow ? "ALLOW" : "DENY"), node("strong", "", a.name));
  title.append(node("span", "by", a.policy ? "by " + a.policy + (a.scope ? ", scope " + a.scope : "") : "no policy applies"));
  box.append(title);
  const rules = node("ul");
  for (const r of a.rules || []) {
    const li = node("li", "rule" + (r.held ? " held" : ""), r.name);
    if (r.why) li.append(node("span", "from", r.why.toLowerCase()));
    rules.append(li);
  }
  if (!allow && !(a.rules || []).some((r) => r.held)) rules.append(node("li", "rule", "no rule allows it"));
  if (rules.children.length) box.append(rules);
  if (a.steps?.length) {
    const d = node("details");
    d.append(node("summary", "", "Trace, " + a.steps.length + (a.steps.length === 1 ? " step" : " steps")));
    const steps = node("div", "steps");
    for (const s of a.steps) {
      const one = node("div");
      one.append(node("div", "", s.path));
      for (const o of s.outcome || []) one.append(node("div", "outcome", o));
      steps.append(one);
    }
    d.append(steps);
    box.append(d);
  }
  return box;
}

function principal(p) {
  const block = node("div", "block");
  const title = node("h3", "", "principal ");
  title.append(node("span", "kind", p.id));
  const dl = node("dl");
  const given = (what, g) => {
    const dt = node("dt", "", what + " " + g.name);
    dt.append(node("span", "from", "from " + g.from));
    dl.append(dt);
    if (g.value !== undefined) {
      const dd = node("dd");
      dd.append(node("pre", "", JSON.stringify(g.value, null, 2)));
      dl.append(dd);
    }
  };
  for (const r of p.roles || []) given("role", r);
  for (const a of p.attr || []) given("attribute", a);
  block.append(title, dl);
  return block;
}

let pause;
function soon() {
  clearTimeout(pause);
  pause = setTimeout(ask, 350);
}

for (const editor of [policy, request]) {
  editor.addEventListener("input", () => {
    if (editor === policy && shown >= 0) set[shown].text = policy.value;
    number(editor);
    soon();
  });
  editor.addEventListener("scroll", () => {
    editor.parentElement.querySelector(".gutter").scrollTop = editor.scrollTop;
  });
}
files.addEventListener("change", () => show(Number(files.value)));
$("add").addEventListener("click", () => {
  const name = prompt("Name of the new file", "policy.yaml");
  if (!name) return;
  const at = set.findIndex((f) => f.name === name);
  if (at < 0) set.push({ name, text: "apiVersion: api.cerbos.dev/v1\n" });
  show(at < 0 ? set.length - 1 : at);
  soon();
});
$("remove").addEventListener("click", () => {
  if (shown < 0 || !confirm("Remove " + set[shown].name + " from the playground?")) return;
  set.splice(shown, 1);
  show(shown);
  soon();
});
$("save").addEventListener("click", () => {
  const saved = { cognatePlayground: 1, files: set, request: request.value };
  const link = node("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(saved, null, 2)], { type: "application/json" }));
  link.download = "playground.json";
  link.click();
  URL.revokeObjectURL(link.href);
});
$("open").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  const [f] = $("file").files;
  $("file").value = "";
  if (!f) return;
  try {
    const saved = JSON.parse(await f.text());
    if (saved.cognatePlayground !== 1 || !Array.isArray(saved.files)) throw new Error();
    take(saved);
  } catch {
    fail([{ file: f.name, message: "This is no file that the playground saved." }]);
  }
});

async function begin(withExample) {
  try {
    const res = await fetch(base + "/files");
    const got = await res.json();
    if (!res.ok) throw new Error(got.message);
    take({ files: got.files, request: withExample ? example : undefined });
  } catch (e) {
    fail([{ message: e.message }]);
  }
}
$("reset").addEventListener("click", () => begin(false));
begin(true);
