// The lock. One key, or the end of the session, hides the page; signing in shows it as it was.
//   1. The page is hidden before anything is asked of the server, and stays in the browser.
//   2. Until somebody has signed in nothing is sent but the dialog's own form.
//   3. A new form token goes into every form of the page; who is signed in is shown anew.
"use strict";
(() => {
  const TELL = "Yika-Lock";
  const GO = "Yika-Go";
  let locked = false;
  let focused = null;

  const dialog = () => document.getElementById("lock");
  const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const name = () => document.querySelector(".who")?.textContent.trim() ?? "";

  async function lock(ask) {
    if (locked || !dialog()) return;
    locked = true;
    focused = document.activeElement;
    document.body.classList.add("locked");
    try {
      show(await (await ask()).text());
    } catch {
      location.reload();
    }
  }

  function show(part) {
    const box = dialog();
    box.innerHTML = part;
    if (!box.open) box.showModal();
    const empty = [...box.querySelectorAll("input:not([type=hidden])")].find((input) => !input.value);
    empty?.focus();
  }

  const send = (path, body) => fetch(path, { method: "POST", body, headers: { [TELL]: "1", "X-CSRFToken": token() } });

  async function unlock(form) {
    const body = new FormData(form);
    body.set("page", location.pathname);
    const answer = await fetch(form.action, { method: "POST", body });
    const part = await answer.text();
    if (!answer.ok) return show(part);
    if (answer.headers.get(GO)) return location.assign(answer.headers.get(GO));
    const parts = document.createElement("template");
    parts.innerHTML = part;
    const fresh = parts.content.querySelector("meta").content;
    document.querySelector("meta[name=csrf-token]").content = fresh;
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = fresh;
    for (const part of [".who", "nav.commands"]) {
      const [old, now] = [document.querySelector(part), parts.content.querySelector(part)];
      old.replaceWith(now);
      window.htmx?.process(now);
    }
    dialog().close();
    dialog().replaceChildren();
    document.body.classList.remove("locked");
    locked = false;
    focused?.focus();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.closest?.("#lock")) {
      event.preventDefault();
      unlock(form).catch(() => location.reload());
    } else if (form.matches?.("[data-lock]")) {
      event.preventDefault();
      lock(() => send(form.action, new FormData(form)));
    }
  });
  // Escape closes a dialog; this one opens nothing.
  document.addEventListener("cancel", (event) => { if (event.target === dialog()) event.preventDefault(); }, true);

  window.htmx?.registerExtension("lock", {
    htmx_before_request: () => !locked,
    htmx_before_response(_, { ctx }) {
      if (!ctx.response?.headers?.get(TELL)) return true;
      lock(() => fetch(`/lock?name=${encodeURIComponent(name())}`, { headers: { [TELL]: "1" } }));
      return false;
    },
  });
})();
