/* Keyboard first: j and k move over the rows' links (so enter opens one), / goes to the search. One button turns the keys
   off (WCAG 2.1.4). A page that is at work looks again by itself, examples follow what is typed. Everything also works without this. */
(() => {
  const store = { get: () => { try { return localStorage.getItem("keys"); } catch { return null; } },
                  set: (v) => { try { localStorage.setItem("keys", v); } catch { /* private window */ } } };
  let on = store.get() !== "off";
  const toggle = document.querySelector("[data-keys]");
  if (toggle) {
    const show = () => toggle.setAttribute("aria-pressed", String(on));
    toggle.hidden = false;
    show();
    toggle.addEventListener("click", () => { on = !on; store.set(on ? "on" : "off"); show(); });
  }

  const typing = (at) => at.closest("input, textarea, select, [contenteditable]");
  const move = (step) => {
    const rows = [...document.querySelectorAll("a[data-row]")];
    if (!rows.length) return;
    const now = document.activeElement.closest("tr");
    const at = rows.findIndex((row) => row.closest("tr") === now);
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
    rows[next].focus();
    rows[next].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") {
      const search = document.querySelector("[data-search]") || document.getElementById("find");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  /* What is typed is tried as one goes: the button's own answer, of which the parts that the form names are shown. */
  const form = document.querySelector("form[data-try]");
  let tries = 0, wait;
  const attempt = async () => {
    const mine = ++tries, sent = new URLSearchParams(new FormData(form));
    sent.set("recompute", "yes");
    try {
      const answer = await fetch(form.dataset.at || form.action, { method: "POST", body: sent, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== tries) return;
      for (const part of document.querySelectorAll(form.dataset.try)) {
        const fresh = page.getElementById(part.id);
        if (fresh) part.replaceChildren(...fresh.childNodes);
      }
    } catch { /* the network was away: the button does the same */ }
  };
  if (form) form.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(attempt, 500); });

  const look = async () => {
    const part = document.querySelector("[data-live]");
    if (!part) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
      const here = document.querySelector("main");
      if (answer.ok && fresh && !part.contains(document.activeElement)) here.replaceChildren(...fresh.childNodes);
    } catch { /* the network was away: look again later */ }
    setTimeout(look, 3000);
  };
  setTimeout(look, 3000);
})();
