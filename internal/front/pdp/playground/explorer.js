// The explorer: every call of the OpenAPI document, to be tried. Everything is put on the page as text.
"use strict";

const who = { id: "bob" }; // whom enrichment knows; others bring roles
const contact = { kind: "contact", id: "c1", attr: { owner: "bob" } };
const question = { subject: { type: "user", id: "bob" }, action: { name: "read" }, resource: { type: "contact", id: "c1", properties: { owner: "bob" } } };
const examples = {
  "/api/check/resources": { principal: who, resources: [{ actions: ["read", "delete"], resource: contact }], includeMeta: true },
  "/api/plan/resources": { principal: who, actions: ["delete"], resource: { kind: "contact" } },
  "/api/check": { principal: who, actions: ["read"], resource: { kind: "contact", instances: { c1: { attr: { owner: "bob" } } } } },
  "/api/check_resource_batch": { principal: who, resources: [{ actions: ["read"], resource: contact }] },
  "/access/v1/evaluation": question,
  "/access/v1/evaluations": { ...question, action: undefined, evaluations: [{ action: { name: "read" } }, { action: { name: "delete" } }] },
  "/access/v1/search/subject": { ...question, subject: { type: "user" } },
  "/access/v1/search/action": { ...question, action: undefined },
  "/access/v1/search/resource": { ...question, resource: { type: "contact" }, context: { "cognate.resources": [{ id: "c1", properties: { owner: "bob" } }, { id: "c2" }] } },
};

function node(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function call(method, path, about) {
  const box = node("details", "call");
  const head = node("summary");
  head.append(node("span", "method", method.toUpperCase()), node("code", "", path), node("span", "about", about.summary + (about.deprecated ? " Deprecated." : "")));
  const form = node("form", "try");
  const answer = node("pre", "", "");
  answer.tabIndex = 0;
  let body;
  if (about.requestBody) {
    const label = node("label", "", "Request");
    body = node("textarea");
    body.spellcheck = false;
    body.value = JSON.stringify(examples[path] ?? {}, null, 2);
    label.append(body);
    form.append(label);
  } else {
    form.classList.add("bare");
  }
  const out = node("label", "", "Answer");
  out.append(answer);
  form.append(out);
  const line = node("div", "send");
  const send = node("button", "", "Send");
  const said = node("span", "said");
  said.setAttribute("role", "status");
  line.append(send, said);
  form.append(line);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    said.className = "said";
    said.textContent = "…";
    const began = performance.now();
    try {
      const res = await fetch(path, body ? { method: method.toUpperCase(), headers: { "Content-Type": "application/json" }, body: body.value } : {});
      const text = await res.text();
      said.textContent = res.status + " in " + Math.round(performance.now() - began) + " ms";
      said.classList.add(res.ok ? "good" : "bad");
      try {
        answer.textContent = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        answer.textContent = text;
      }
    } catch {
      said.textContent = "The server does not answer.";
      said.classList.add("bad");
    }
  });
  box.append(head, form);
  return box;
}

async function begin() {
  const main = document.getElementById("calls");
  try {
    const doc = await (await fetch("/schema/swagger.json")).json();
    const groups = new Map();
    for (const [path, methods] of Object.entries(doc.paths)) {
      for (const [method, about] of Object.entries(methods)) {
        const name = about.tags?.[0] ?? "Calls";
        if (!groups.has(name)) {
          const group = node("section", "group");
          group.append(node("h2", "", name));
          groups.set(name, group);
          main.append(group);
        }
        groups.get(name).append(call(method, path, about));
      }
    }
    main.querySelector("details").open = true;
  } catch {
    main.append(node("p", "problem", "The OpenAPI document could not be read."));
  }
}
begin();
