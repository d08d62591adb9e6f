// Comfort only: every page works without it. Live parts, "Sending…", drafts that survive a dead network, copying a link.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Times are written in the host's zone; here they become the reader's own.
  const forms = { clock: { hour: "2-digit", minute: "2-digit" }, day: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } };
  const local = (root) => all("time[data-as]", root).forEach((t) => {
    t.textContent = new Date(t.dateTime).toLocaleString(document.documentElement.lang, forms[t.dataset.as] || forms.clock);
  });

  // data-live="stream": on each event the element with this id is taken afresh from data-from (or this page).
  const watch = (part) => {
    const stream = new EventSource(part.dataset.live);
    let busy = false, again = false;
    const take = async () => {
      if (busy) { again = true; return; }
      busy = true;
      try {
        const answer = await fetch(part.dataset.from || location.href, { headers: { "X-Part": part.id } });
        const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
        if (fresh && fresh.innerHTML !== part.innerHTML) { part.replaceChildren(...fresh.childNodes); local(part); }
      } catch { again = false; }
      busy = false;
      if (again) { again = false; take(); }
    };
    stream.addEventListener("changed", take);
  };

  // data-draft: words are kept on this phone until they are sent; without a network the form is tried again.
  const keep = (form) => {
    const slot = "draft:" + form.dataset.draft, box = form.querySelector("textarea"), note = form.querySelector("[data-offline]");
    try { if (box && !box.value) box.value = localStorage.getItem(slot) || ""; } catch { return; }
    box && box.addEventListener("input", () => { try { localStorage.setItem(slot, box.value); } catch { /* full or forbidden: the box still holds it */ } });
    const online = () => { if (note && !note.hidden) { note.hidden = true; form.requestSubmit(); } };
    form.addEventListener("submit", (event) => {
      if (navigator.onLine) { try { localStorage.removeItem(slot); } catch { /* as above */ } return; }
      event.preventDefault(); event.stopImmediatePropagation();
      if (note) { note.hidden = false; note.focus(); }
    });
    addEventListener("online", online);
    note && all("button", note).forEach((b) => b.addEventListener("click", online));
  };

  const send = (form) => form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if (pressed && pressed.dataset.busy) { pressed.classList.add("busy"); pressed.lastChild.textContent = pressed.dataset.busy; }
  });

  local(document);
  all("[data-live]").forEach(watch);
  all("form[data-draft]").forEach(keep);
  all("form[method=post]").forEach(send);
  all("[data-copy]").forEach((b) => { b.hidden = false; b.addEventListener("click", async () => { await navigator.clipboard.writeText(b.dataset.copy); b.lastChild.textContent = b.dataset.copied; }); });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((f) => { delete f.dataset.sent; all(".busy", f).forEach((b) => b.classList.remove("busy")); }));
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    const b = document.querySelector(`[data-key="${CSS.escape(e.key.toLowerCase())}"]`);
    if (b) { e.preventDefault(); b.click(); }
  });
})();
