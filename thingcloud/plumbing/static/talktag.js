// No page needs it
const all = (css, root = document) => [...root.querySelectorAll(css)];
const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const forms = { clock: hour, day: { day: "numeric", month: "short", ...hour } };

const local = (root) => all("time[data-as]", root).forEach((t) => {
  t.textContent = new Date(t.dateTime).toLocaleString(document.documentElement.lang, forms[t.dataset.as]);
});

// data-live: a stream; each event has its parts fetched afresh
const watch = (url) => {
  let busy, again, known;
  const take = async () => {
    again = busy;
    if (busy) return;
    busy = true;
    try {
      const page = await fetch(location.href);
      const fresh = page.ok && new DOMParser().parseFromString(await page.text(), "text/html");
      fresh && all("[data-live]").filter((part) => part.dataset.live === url).forEach((part) => {
        const now = fresh.getElementById(part.id);
        if (now) { part.replaceChildren(...now.childNodes); local(part); }
      });
    } catch { /* the next one will */ }
    busy = false;
    if (again) take();
  };
  const stream = new EventSource(url);
  stream.addEventListener("changed", take);
  stream.onopen = () => { known && take(); known = true; };
};

// data-draft: words stay on this phone until they arrived
const keep = (form) => {
  const { draft } = form.dataset, slot = "draft:" + draft, box = form.querySelector("textarea"), note = form.querySelector("[data-offline]");
  const store = (how) => { try { return how(localStorage); } catch {} };
  if (document.cookie.includes("sent=" + draft)) {
    document.cookie = "sent=;path=/t;max-age=0";
    store((s) => s.removeItem(slot));
  }
  box.value ||= store((s) => s.getItem(slot)) || "";
  box.oninput = () => store((s) => s.setItem(slot, box.value));
  const retry = () => { if (!note.hidden) { note.hidden = true; form.submit(); } };
  form.addEventListener("submit", (e) => {
    if (navigator.onLine) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    note.hidden = false;
  });
  addEventListener("online", retry);
  note.querySelector("button").onclick = retry;
};

const once = (form) => form.addEventListener("submit", (e) => {
  if (form.dataset.sent) return e.preventDefault();
  form.dataset.sent = 1;
  const b = e.submitter;
  if (b?.dataset.busy) { b.classList.add("busy"); b.lastChild.textContent = b.dataset.busy; }
});

local(document);
new Set(all("[data-live]").map((part) => part.dataset.live)).forEach(watch);
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
