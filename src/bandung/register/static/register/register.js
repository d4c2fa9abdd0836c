// Lists of codes under a field: arrow keys, Enter, Escape and the pointer choose an entry.
// The list itself is fetched by htmx; without JavaScript the server finds the code in the text.
// The focus is put where one goes on when htmx has replaced what had it.
(() => {
  "use strict";
  const CHOOSER = "input[data-codes]";

  const listOf = (input) => document.getElementById(input.getAttribute("aria-controls"));
  const optionsOf = (input) => [...(listOf(input)?.querySelectorAll('[role="option"]') ?? [])];

  const show = (input) => {
    const any = optionsOf(input).length > 0 && document.activeElement === input;
    input.setAttribute("aria-expanded", String(any));
    if (!any) input.removeAttribute("aria-activedescendant");
  };

  const close = (input) => {
    const list = listOf(input);
    if (list) list.replaceChildren();
    show(input);
  };

  const mark = (input, options, index) => {
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) return;
    input.setAttribute("aria-activedescendant", options[index].id);
    options[index].scrollIntoView({ block: "nearest" });
  };

  const choose = (input, option) => {
    input.value = option.dataset.value;
    close(input);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  document.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.matches(CHOOSER)) return;
    const options = optionsOf(input);
    if (!options.length) {
      if (event.key === "ArrowDown") input.dispatchEvent(new Event("seek"));
      return;
    }
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = at < 0 && step < 0 ? 0 : at;
      mark(input, options, (from + step + options.length) % options.length);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      choose(input, options[at]);
    } else if (event.key === "Tab" && at >= 0) {
      choose(input, options[at]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close(input);
    }
  });

  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.('.found [role="option"]');
    if (!option) return;
    event.preventDefault();
    const list = option.closest(".found");
    const input = document.querySelector(`input[aria-controls="${CSS.escape(list.id)}"]`);
    if (input) choose(input, option);
  });

  document.addEventListener("focusin", (event) => {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.matches(CHOOSER) && !input.value) {
      input.dispatchEvent(new Event("seek"));
    }
  });

  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.matches(CHOOSER)) close(event.target);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const input = event.detail.requestConfig?.elt;
    if (!(input instanceof HTMLInputElement) || !input.matches(CHOOSER)) return;
    const asked = event.detail.requestConfig.parameters[input.name] ?? "";
    if (asked !== input.value) event.detail.shouldSwap = false;
  });

  document.addEventListener("focusout", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.matches(CHOOSER)) close(event.target);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const list = event.detail.target;
    if (!list?.classList?.contains("found")) return;
    const input = document.querySelector(`input[aria-controls="${CSS.escape(list.id)}"]`);
    if (!input) return;
    if (document.activeElement === input) show(input);
    else close(input);
  });

  // What replaces a part of the page takes the focus away: it goes to the row that was added, or to
  // the content of the page that a form led to, unless something there asks for it.
  const newestField = (name) => {
    const numberOf = (field) => Number(field.name.match(new RegExp(`^${name}-(\\d+)-`))?.[1] ?? -1);
    const fields = [...document.querySelectorAll(`#rows-${name} :is(input, select, textarea)`)].filter(
      (field) => field.type !== "hidden" && field.checkVisibility(),
    );
    const newest = Math.max(-1, ...fields.map(numberOf));
    return fields.find((field) => newest >= 0 && numberOf(field) === newest);
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    if (document.activeElement !== document.body) return;
    const asked = event.detail.requestConfig?.elt;
    if (asked?.name === "add") newestField(asked.value)?.focus();
    else if (event.detail.boosted) document.getElementById("main")?.focus({ preventScroll: true });
  });
})();
