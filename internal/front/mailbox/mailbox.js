// The page works without this file. It adds copying, and new messages without a reload.
"use strict";

document.documentElement.classList.add("script");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const code = button.parentElement.querySelector("code");
    getSelection().selectAllChildren(code); // the clipboard is closed: select, so that one key copies
    return;
  }
  button.textContent = "Copied";
  button.dataset.copied = "";
  setTimeout(() => {
    button.textContent = "Copy";
    delete button.dataset.copied;
  }, 1500);
});

const path = document.body.dataset.path;
const list = () => document.getElementById("messages");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const visible = () => new Promise((resolve) => {
  if (!document.hidden) return resolve();
  document.addEventListener("visibilitychange", resolve, { once: true });
});

async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) throw new Error(answer.statusText);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("messages");
  const shown = list();
  document.getElementById("news").textContent = fresh.dataset.last === shown.dataset.last ? "" : "A new message has arrived.";
  shown.dataset.last = fresh.dataset.last;
  if (fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
}

async function follow() {
  for (;;) {
    await visible();
    try {
      const query = new URLSearchParams({ after: list().dataset.last, wait: "25s", limit: "1" });
      const answer = await fetch(`${path}/messages?${query}`);
      if (!answer.ok) throw new Error(answer.statusText);
      await refresh(); // even when nothing came: the mailbox may have been emptied
    } catch {
      await pause(3000);
    }
  }
}

follow();
