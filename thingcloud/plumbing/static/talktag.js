// Comfort: no page needs it.
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const forms = { clock: hour, day: { day: "numeric", month: "short", ...hour } };

  const local = (root) => all("time[data-as]", root).forEach((t) => {
    t.textContent = new Date(t.dateTime).toLocaleString(document.documentElement.lang, forms[t.dataset.as]);
  });

  // data-live: a stream; each event has this element fetched afresh
  const watch = (part) => {
    let busy = false, again = false;
    const take = async () => {
      again = busy;
      if (busy) return;
      busy = true;
      try {
        const page = await fetch(location.href);
        const fresh = page.ok && new DOMParser().parseFromString(await page.text(), "text/html").getElementById(part.id);
        if (fresh) { part.replaceChildren(...fresh.childNodes); local(part); }
      } catch { /* the next event asks again */ }
      busy = false;
      if (again) take();
    };
    new EventSource(part.dataset.live).addEventListener("changed", take);
  };

  // data-draft: words stay on this phone until they arrived
  const keep = (form) => {
    const slot = "draft:" + form.dataset.draft, box = form.querySelector("textarea"), note = form.querySelector("[data-offline]");
    const store = (how) => { try { return how(localStorage); } catch { return ""; } };
    if (document.cookie.includes("sent=" + form.dataset.draft)) {
      document.cookie = "sent=;path=/t;max-age=0";
      store((s) => s.removeItem(slot));
    }
    if (!box.value) box.value = store((s) => s.getItem(slot)) || "";
    box.addEventListener("input", () => store((s) => s.setItem(slot, box.value)));
    const retry = () => { if (!note.hidden) { note.hidden = true; form.requestSubmit(); } };
    form.addEventListener("submit", (e) => {
      if (navigator.onLine) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      note.hidden = false;
    });
    addEventListener("online", retry);
    all("button", note).forEach((b) => b.addEventListener("click", retry));
  };

  const once = (form) => form.addEventListener("submit", (e) => {
    if (form.dataset.sent) return e.preventDefault();
    form.dataset.sent = 1;
    const b = e.submitter;
    if (b?.dataset.busy) { b.classList.add("busy"); b.lastChild.textContent = b.dataset.busy; }
  });

  local(document);
  all("[data-live]").forEach(watch);
  all("form[data-draft]").forEach(keep);
  all("form[method=post]").forEach(once);
  all("[data-copy]").forEach((b) => {
    b.hidden = !navigator.clipboard;
    b.onclick = async () => { await navigator.clipboard.writeText(b.dataset.copy); b.lastChild.textContent = b.dataset.copied; };
  });
  addEventListener("pageshow", (e) => e.persisted && location.reload());
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input,textarea,select")) return;
    all("[data-key]").find((b) => b.dataset.key === e.key.toLowerCase())?.click();
  });
})();
