// Every page works without this file. It shows passwords, tells which rules a new one meets, counts down until another
// code may be asked for, and keeps a form from being sent twice.
"use strict";

for (const button of document.querySelectorAll("[data-peek]")) {
  const input = document.getElementById(button.dataset.peek);
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.textContent = show ? button.dataset.hide : button.dataset.show;
    input.focus();
  });
  input.form.addEventListener("submit", () => { input.type = "password"; });
}

const meets = {
  length: (text, least) => [...text].length >= least,
  upper: (text) => /[A-Z]/.test(text),
  lower: (text) => /[a-z]/.test(text),
  number: (text) => /[0-9]/.test(text),
  symbol: (text) => /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+\- ]/.test(text),
};
for (const list of document.querySelectorAll("[data-rules]")) {
  const input = document.getElementById(list.dataset.rules);
  input.addEventListener("input", () => {
    for (const rule of list.children) {
      const met = meets[rule.dataset.rule](input.value, Number(rule.dataset.least));
      rule.classList.toggle("met", met);
      if (met) rule.classList.remove("broken");
    }
  });
}

for (const button of document.querySelectorAll("[data-wait]")) {
  const label = button.textContent;
  let left = Number(button.dataset.wait);
  const tick = () => {
    button.textContent = left > 0 ? `${label} (${left})` : label;
    if (left > 0) {
      button.setAttribute("aria-disabled", "true");
      left -= 1;
      setTimeout(tick, 1000);
    } else {
      button.removeAttribute("aria-disabled");
    }
  };
  tick();
  button.addEventListener("click", (event) => { if (button.hasAttribute("aria-disabled")) event.preventDefault(); });
}

const sent = new Set();
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    event.submitter?.setAttribute("aria-disabled", "true");
  });
}
addEventListener("pageshow", (event) => { // back from another page: the form may be sent again
  if (!event.persisted) return;
  sent.clear();
  for (const button of document.querySelectorAll(".go")) button.removeAttribute("aria-disabled");
});

// Passkeys need the script: only a browser can make them and sign with them.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
for (const form of document.querySelectorAll("[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    try {
      const options = JSON.parse(form.dataset.passkey);
      options.challenge = bytes(options.challenge);
      for (const one of options.allowCredentials ?? []) one.id = bytes(one.id);
      const got = await navigator.credentials.get({ publicKey: options });
      const { authenticatorData, clientDataJSON, signature, userHandle } = got.response;
      form.elements.credential.value = JSON.stringify({
        id: got.id, rawId: text(got.rawId), type: got.type, clientExtensionResults: got.getClientExtensionResults(),
        authenticatorAttachment: got.authenticatorAttachment ?? undefined,
        response: {
          authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature),
          userHandle: userHandle ? text(userHandle) : undefined,
        },
      });
    } catch {
      form.elements.credential.value = ""; // the page says that it did not work
    }
    form.submit();
  });
}
for (const form of document.querySelectorAll("[data-passkey-new]")) {
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    try {
      const options = JSON.parse(form.dataset.passkeyNew);
      options.challenge = bytes(options.challenge);
      options.user.id = bytes(options.user.id);
      for (const one of options.excludeCredentials ?? []) one.id = bytes(one.id);
      const made = await navigator.credentials.create({ publicKey: options });
      const { attestationObject, clientDataJSON } = made.response;
      form.elements.credential.value = JSON.stringify({
        id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(),
        authenticatorAttachment: made.authenticatorAttachment ?? undefined,
        response: {
          attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON),
          transports: made.response.getTransports?.() ?? [],
        },
      });
    } catch {
      form.elements.credential.value = ""; // the page says that it did not work
    }
    form.submit();
  });
}
