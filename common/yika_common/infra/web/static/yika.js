// The keyboard layer. Keys are data: data-key="F2" on a visible link or button, nothing here knows
// which page does what. Four rules:
//   1. A key clicks the element that shows it; composing Chinese keeps its keys.
//   2. Keys typed while a page is on its way are kept and typed where the focus lands.
//   3. data-confirm asks twice on one button; any change of its form takes the first press back.
//   4. After every swap the focus is where the page says: [autofocus], [data-focus], else main.
"use strict";
(() => {
  const KEPT_MAX = 200;
  const kept = [];
  let underway = 1; // Until htmx has made the links its own: a key before that would leave the page.

  const visible = (element) => element.getClientRects().length > 0 && !element.disabled;
  const typable = (element) => element?.matches?.("textarea, input:not([type=checkbox], [type=radio], [type=file])");
  const tell = (text) => { const told = document.getElementById("told"); if (told) told.textContent = text; };

  function owner(key) {
    const candidates = [...document.querySelectorAll("[data-key]")].filter((e) => e.dataset.key === key && visible(e));
    return candidates.find((e) => e.closest("main")) ?? candidates[0];
  }

  // A letter key belongs to the text being typed, except in a field that takes only numbers.
  function belongsToText(event) {
    if (event.key.length > 1) return false;
    const at = document.activeElement;
    return at?.matches?.("select") || (typable(at) && (at.inputMode !== "decimal" || /[\d.,-]/.test(event.key)));
  }

  function onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (underway > 0 && keep(event)) return;
    if (belongsToText(event)) return;
    const target = owner(event.key) ?? (event.key.length === 1 ? owner(event.key.toUpperCase()) : undefined);
    if (!target || event.repeat) return;
    event.preventDefault();
    target.click();
  }

  function keep(event) {
    const wanted = event.key.length === 1 || /^(Enter|Backspace|Tab|Escape|F\d+)$/.test(event.key);
    if (!wanted || /^F(5|11|12)$/.test(event.key)) return false;
    event.preventDefault();
    if (kept.length < KEPT_MAX && !event.repeat) kept.push({ key: event.key, back: event.shiftKey });
    return true;
  }

  function replay() {
    while (kept.length > 0 && underway === 0) press(kept.shift());
  }

  function press({ key, back }) {
    const at = document.activeElement;
    if (key === "Tab") return step(back ? -1 : 1);
    if (key === "Enter") return enter(at);
    if (key.length > 1 && key !== "Backspace") return owner(key)?.click();
    if (typable(at) && !(at.inputMode === "decimal" && key.length === 1 && !/[\d.,-]/.test(key))) return write(at, key);
    owner(key)?.click();
  }

  function write(field, key) {
    if (key === "Backspace") field.value = field.value.slice(0, -1);
    else field.value += key;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function enter(at) {
    if (at?.matches?.("a[href], button, summary")) at.click();
    else if (at?.form) {
      const first = at.form.querySelector("button:not([type=button]):not(:disabled)");
      if (first) first.click(); else at.form.requestSubmit();
    }
  }

  function step(by) {
    const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(visible);
    const next = stops[(stops.indexOf(document.activeElement) + by + stops.length) % stops.length];
    next?.focus();
  }

  function arm(event) {
    const button = event.target.closest?.("[data-confirm]");
    if (!button || button.classList.contains("armed")) return;
    if (button.form && !button.form.checkValidity()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const label = button.querySelector("span") ?? button;
    button.dataset.unarmed = label.textContent;
    label.textContent = button.dataset.confirm;
    button.classList.add("armed");
    button.focus();
    tell(button.dataset.confirm);
  }

  function disarm(event) {
    for (const button of event.target.form?.querySelectorAll(".armed") ?? []) {
      (button.querySelector("span") ?? button).textContent = button.dataset.unarmed;
      button.classList.remove("armed");
    }
  }

  function settle() {
    const wanted = document.querySelector("[autofocus]") ?? document.querySelector("[data-focus]");
    if (wanted) { wanted.focus(); wanted.select?.(); }
    else document.getElementById("main")?.focus({ preventScroll: true });
  }

  const movesPage = (detail) => detail.ctx?.target === document.body;

  // An extension and not event listeners: an element that is gone fires its events elsewhere.
  window.htmx?.registerExtension("yika", {
    htmx_config_request(_, { ctx }) {
      const token = document.querySelector("meta[name=csrf-token]")?.content;
      if (token && ctx.request.method.toUpperCase() !== "GET") ctx.request.headers["X-CSRFToken"] = token;
    },
    htmx_before_request(_, detail) {
      if (movesPage(detail)) { underway += 1; detail.ctx.yika = true; }
    },
    htmx_finally_request(_, detail) {
      if (!detail.ctx?.yika) return;
      underway -= 1;
      settle();
      replay();
    },
  });

  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", arm, true);
  document.addEventListener("input", disarm, true);
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-print]")) window.print(); });
  if (!document.querySelector("[autofocus]")) settle();
  // htmx begins in a task that it queued before this one.
  setTimeout(() => { underway -= 1; replay(); });
})();
