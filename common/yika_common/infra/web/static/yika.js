// The keyboard layer. Keys are data: data-key="F2" on a visible link or button, nothing here knows
// which page does what. Six rules:
//   1. A key clicks the element that shows it; composing Chinese keeps its keys.  A label's key goes
//      to its field, the same key again to the next such field; a choice's key takes its next option.
//   2. Keys typed while a page is on its way are kept and typed where the focus lands.
//   3. data-confirm asks twice on one button; any change of its form takes the first press back.
//      Where the form holds an input with a data-confirm of its own, that is what is asked.
//   4. After every swap the focus is where the page says: [autofocus], [data-focus], else main.
//   5. Arrow keys step from the field of a list to its links and back.
//   6. In a form with data-goes-on, Enter goes to the next field that must still be filled in, and
//      sends the form when none is left.  Of the fields of one data-one-of it is enough to fill one.
// And data-fill="50" puts its value into the field that was typed in last; an element with
// data-when-idle asks the server for nothing while the page holds what is not sent yet.
"use strict";
(() => {
  const KEPT_MAX = 200;
  const kept = [];
  let underway = 1; // Until htmx has made the links its own: a key before that would leave the page.

  const visible = (element) => element.getClientRects().length > 0 && !element.disabled;
  const typable = (element) => element?.matches?.("textarea, input:not([type=checkbox], [type=radio], [type=file])");
  const tell = (text) => { const told = document.getElementById("told"); if (told) told.textContent = text; };

  function owner(key) {
    const all = [...document.querySelectorAll("[data-key]")].filter((e) => e.dataset.key === key && visible(e));
    const own = all.filter((e) => e.closest("main"));
    const here = own.findIndex((e) => e.closest("[data-line]")?.contains(document.activeElement));
    if (here < 0) return own[0] ?? all[0];
    return own[here].control ? own[(here + 1) % own.length] : own[here];
  }

  function use(target) {
    if (target.control) { target.control.focus(); target.control.select?.(); return; }
    if (!target.matches("select")) return target.click();
    target.selectedIndex = (target.selectedIndex + 1) % target.length;
    changed(target);
  }

  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

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
    if (/^Arrow(Up|Down)$/.test(event.key) && walk(event.key === "ArrowDown" ? 1 : -1)) return event.preventDefault();
    if (event.key === "Enter" && goOn(document.activeElement)) return event.preventDefault();
    const target = owner(event.key) ?? (event.key.length === 1 ? owner(event.key.toUpperCase()) : undefined);
    if (!target || event.repeat) return;
    event.preventDefault();
    use(target);
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
    if (typable(at) && (key === "Backspace" || (key.length === 1 && !(at.inputMode === "decimal" && !/[\d.,-]/.test(key))))) return write(at, key);
    const target = owner(key) ?? owner(key.toUpperCase());
    if (target) use(target);
  }

  function write(field, key) {
    if (key === "Backspace") field.value = field.value.slice(0, -1);
    else field.value += key;
    changed(field);
  }

  function goOn(at) {
    const form = at?.form;
    if (!typable(at) || !form?.matches("[data-goes-on]")) return false;
    const fields = [...form.elements].filter((e) => visible(e) && typable(e));
    const filled = new Set(fields.filter((e) => e.value.trim()).map((e) => e.dataset.oneOf));
    const wanted = (e) => e !== at && !e.value.trim() && (e.required || (e.dataset.oneOf && !filled.has(e.dataset.oneOf)));
    const here = fields.indexOf(at);
    const next = [...fields.slice(here), ...fields.slice(0, here)].find(wanted);
    next?.focus();
    return Boolean(next);
  }

  function enter(at) {
    if (goOn(at)) return;
    if (at?.matches?.("a[href], button, summary")) at.click();
    else if (at?.form) {
      const first = at.form.querySelector("button:not([type=button])");
      if (first) first.click(); else at.form.requestSubmit();
    }
  }

  function step(by) {
    const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(visible);
    const next = stops[(stops.indexOf(document.activeElement) + by + stops.length) % stops.length];
    next?.focus();
  }

  // From a field through the links of a list, and back: both are marked with data-steps.
  function walk(by) {
    const at = document.activeElement;
    if (!at?.closest?.("[data-steps]") || at.matches("select, textarea")) return false;
    const stops = [...document.querySelectorAll("[data-steps] input, [data-steps] tbody a[href]")].filter(visible);
    const next = stops[stops.indexOf(at) + by];
    next?.focus();
    return Boolean(next);
  }

  function arm(event) {
    const button = event.target.closest?.("button[data-confirm]");
    if (!button || button.classList.contains("armed")) return;
    if (button.form && !button.form.checkValidity()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    button.dataset.unarmed = labelOf(button).textContent;
    button.classList.add("armed");
    ask(button);
    button.focus();
  }

  const labelOf = (button) => button.querySelector("span") ?? button;

  function ask(button) {
    const words = button.form?.querySelector("input[data-confirm]")?.dataset.confirm ?? button.dataset.confirm;
    if (labelOf(button).textContent === words) return;
    labelOf(button).textContent = words;
    tell(words);
  }

  function disarm(event) {
    for (const button of event.target.form?.querySelectorAll(".armed") ?? []) {
      labelOf(button).textContent = button.dataset.unarmed;
      button.classList.remove("armed");
    }
  }

  function settle() {
    const wanted = document.querySelector("[autofocus]") ?? document.querySelector("[data-focus]");
    if (wanted) { wanted.focus(); wanted.select?.(); }
    else document.getElementById("main")?.focus({ preventScroll: true });
  }

  let last = null; // The field for a number that was typed in last.

  function fill(event) {
    const button = event.target.closest?.("[data-fill]");
    if (!button) return;
    const fields = [...button.form.querySelectorAll("input[inputmode=decimal]")];
    const field = fields.includes(last) ? last : fields[0];
    field.value = button.dataset.fill;
    changed(field);
  }

  const unsent = (field) => field.type !== "hidden" && field.value !== field.defaultValue;
  const busy = () => document.querySelector("main form[method=post]:not([data-leave])") !== null
    || [...document.querySelectorAll("main :is(input, textarea)")].some(unsent);

  const movesPage = (detail) => detail.ctx?.target === document.body;

  // An extension and not event listeners: an element that is gone fires its events elsewhere.
  window.htmx?.registerExtension("yika", {
    htmx_config_request(_, { ctx }) {
      const token = document.querySelector("meta[name=csrf-token]")?.content;
      if (token && ctx.request.method.toUpperCase() !== "GET") ctx.request.headers["X-CSRFToken"] = token;
    },
    htmx_before_request(element, detail) {
      if (element.dataset?.whenIdle !== undefined && busy()) return false;
      detail.ctx.focused = document.activeElement !== document.body;
      if (movesPage(detail)) { underway += 1; detail.ctx.yika = true; }
    },
    htmx_finally_request(_, detail) {
      for (const button of document.querySelectorAll(".armed")) ask(button);
      if (detail.ctx?.yika) underway -= 1;
      if (detail.ctx?.yika || (detail.ctx?.focused && document.activeElement === document.body)) settle();
      replay();
    },
  });

  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", arm, true);
  document.addEventListener("click", fill);
  document.addEventListener("focusin", (event) => { if (event.target.inputMode === "decimal") last = event.target; });
  document.addEventListener("input", disarm, true);
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-print]")) window.print(); });
  document.addEventListener("click", ({ target }) => {
    const parts = target.closest?.("[data-opens] > summary")?.parentElement;
    if (parts) setTimeout(() => { if (parts.open) parts.querySelector("input")?.focus(); });
  });
  // Not left to the browser, which focuses only as it draws: a key before that would be lost.
  if (document.activeElement === document.body) settle();
  // htmx begins in a task that it queued before this one.
  setTimeout(() => { underway -= 1; replay(); });
})();
