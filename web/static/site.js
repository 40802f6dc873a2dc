// Small comforts. Every page works without them.

// A form is sent once, however often the button is pressed; the key in it makes sure of that on the server too.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) {
      button.disabled = true;
    }
  });
}

// A button that was switched off stands so again when the browser brings the page back from its memory.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-once] button:disabled")) {
    button.disabled = false;
  }
});

// Choosing in a filter asks at once.
for (const form of document.querySelectorAll("form[data-filters]")) {
  for (const select of form.querySelectorAll("select")) {
    select.addEventListener("change", () => form.requestSubmit());
  }
}

// A menu closes when one looks elsewhere; Escape closes it too and gives the focus back.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = menu.contains(event.target);
  }
});
addEventListener("keydown", (event) => {
  const menu = document.querySelector("details[data-menu][open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
for (const menu of document.querySelectorAll("details.nav-group")) {
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) {
      menu.open = false;
    }
  });
}

// A refused form stands open with its message in sight.
document.querySelector("details.move[open] [role=alert], .field.wrong")?.scrollIntoView({ block: "center" });

// A text that may be pasted may also be read from a file, which only a script can put there.
for (const area of document.querySelectorAll("textarea[data-file-into]")) {
  const picker = document.createElement("input");
  picker.type = "file";
  picker.accept = ".yaml,.yml,text/plain";
  picker.setAttribute("aria-label", area.labels[0].textContent);
  picker.addEventListener("change", async () => {
    area.value = await picker.files[0].text();
  });
  area.before(picker);
}

// What is typed into a form that can be kept is kept by itself: some seconds after the last key, and when the page is
// left. Files stay out. The button without this module does the same.
const KEPT_AFTER_MS = 3000;
const KEPT_AT_ONCE_BYTES = 60000;
for (const form of document.querySelectorAll("form[data-draft]")) {
  const state = form.querySelector("[data-draft-state]");
  let timer = 0;
  let changed = false;
  let sent = false;
  const keep = async (leaving) => {
    clearTimeout(timer);
    if (!changed || sent) {
      return;
    }
    changed = false;
    const typed = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") {
        typed.append(name, value);
      }
    }
    // Only so much may still be on its way when a page is gone.
    const keepalive = leaving && typed.toString().length < KEPT_AT_ONCE_BYTES;
    try {
      const answer = await fetch("/drafts?quiet=1", { method: "POST", body: typed, keepalive, redirect: "error" });
      const said = await answer.text();
      state.textContent = (answer.headers.get("content-type") || "").startsWith("text/plain")
        ? said
        : state.dataset.failed;
      changed = changed || !answer.ok;
    } catch {
      state.textContent = state.dataset.failed;
      changed = true;
    }
  };
  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(keep, KEPT_AFTER_MS, false);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    sent = true;
  });
  addEventListener("pageshow", () => {
    sent = false;
  });
  addEventListener("pagehide", () => keep(true));
}

// How much of a text's room is used is said while it is typed.
for (const said of document.querySelectorAll("[data-count]")) {
  const control = document.getElementById(said.dataset.count);
  control?.addEventListener("input", () => {
    said.textContent = said.dataset.countText.replace("{n}", [...control.value].length);
  });
}

// What was refused is where the next key goes: after the page has been scrolled to its part, which takes the focus.
addEventListener("load", () => document.querySelector("[data-summary]")?.focus({ preventScroll: true }));

// The counts of a board are asked for anew while somebody looks at it; without this they are those of the last loading.
const board = document.querySelector("[data-refresh]");
if (board) {
  let tag = "";
  setInterval(async () => {
    const shown = document.querySelector("[data-refresh]");
    if (document.hidden || shown.contains(document.activeElement)) {
      return;
    }
    try {
      const answer = await fetch(shown.dataset.refresh, { headers: tag ? { "If-None-Match": tag } : {} });
      // After the end of a session the answer is the page of the login.
      if (answer.status !== 200 || answer.redirected) {
        return;
      }
      tag = answer.headers.get("ETag") ?? "";
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
      for (const count of document.querySelectorAll("[data-count-of]")) {
        count.textContent = fresh.querySelector(`[data-state="${count.dataset.countOf}"] b`)?.textContent ?? "0";
      }
      shown.replaceWith(fresh);
    } catch {
      // Counts that could not be asked for stay as they are; the next turn asks again.
    }
  }, Number(board.dataset.refreshSeconds) * 1000);
}

// The review meeting goes by keys; never while something is typed, and not at all where somebody has switched them off.
const meeting = document.querySelector("[data-meeting]");
if (meeting) {
  const keys = meeting.querySelector("[data-keys]");
  if (keys) {
    keys.checked = localStorage.getItem("meeting-keys") !== "off";
    keys.addEventListener("change", () => localStorage.setItem("meeting-keys", keys.checked ? "on" : "off"));
    keys.closest("[hidden]")?.removeAttribute("hidden");
  }
  const outcomes = [...meeting.querySelectorAll("details.outcome")];
  for (const one of outcomes) {
    one.addEventListener("toggle", () => {
      for (const other of outcomes) {
        other.open = other.open && (other === one || !one.open);
      }
    });
  }
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keys?.checked === false) {
      return;
    }
    const field = event.target.closest?.("input:not([type=checkbox]), textarea, select");
    if (field) {
      if (event.key === "Escape") {
        field.blur();
      }
      return;
    }
    const wanted = meeting.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!wanted) {
      return;
    }
    event.preventDefault();
    if (!(wanted instanceof HTMLDetailsElement)) {
      wanted.click();
    } else if (wanted.classList.contains("outcome")) {
      wanted.open = true;
      wanted.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    } else {
      wanted.open = !wanted.open;
    }
  });
}

// Cases like the one that is typed are looked for a second after the last key. What is sent is the text of the form's
// own fields, not in an address; without this the link leads to a page that asks the same.
const SIMILAR_AFTER_MS = 1000;
const SIMILAR_LEAST_CHARACTERS = 4;
for (const panel of document.querySelectorAll("[data-similar]")) {
  const form = panel.closest("form");
  const shown = panel.querySelector("[data-similar-found]");
  const texts = () => [...form.querySelectorAll('input[type="text"][name^="f."], textarea[name^="f."]')];
  let timer = 0;
  let asked = "";
  const look = async () => {
    const typed = new URLSearchParams(texts().map((control) => [control.name, control.value]));
    const length = Math.max(0, ...[...typed.values()].map((text) => text.trim().length));
    if (length < SIMILAR_LEAST_CHARACTERS || typed.toString() === asked) {
      return;
    }
    asked = typed.toString();
    try {
      const answer = await fetch(panel.dataset.similar, { method: "POST", body: typed, redirect: "error" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const list = page.querySelector("[data-similar-list]");
      if (answer.ok && list && typed.toString() === asked) {
        for (const link of list.querySelectorAll("a")) {
          link.target = "_blank";
        }
        shown.replaceChildren(list);
      }
    } catch {
      // A help that could not be had is not missed; the link still leads there.
    }
  };
  form.addEventListener("input", (event) => {
    if (texts().includes(event.target)) {
      clearTimeout(timer);
      timer = setTimeout(look, SIMILAR_AFTER_MS);
    }
  });
  panel.querySelector("[data-similar-look]").addEventListener("click", (event) => {
    event.preventDefault();
    asked = "";
    look();
  });
}

// More rows of a table are added in place, and what was copied from a spreadsheet fills the cells from the one it is
// pasted into. Without this the button shows the form again with more rows.
const ROWS_MORE = 3;
const addRows = (table, count) => {
  const body = table.querySelector("tbody");
  const most = Number(table.dataset.rowsMax ?? 1000);
  for (let added = 0; added < count && body.rows.length < most; added += 1) {
    const row = body.rows[body.rows.length - 1].cloneNode(true);
    row.cells[0].textContent = String(body.rows.length + 1);
    for (const control of row.querySelectorAll("[name]")) {
      control.name = control.name.replace(/\.\d+\./, `.${body.rows.length}.`);
      control.value = "";
      for (const option of control.options ?? []) {
        option.defaultSelected = false;
      }
    }
    body.append(row);
  }
};
for (const more of document.querySelectorAll("[data-rows-more]")) {
  const table = document.getElementById(more.dataset.rowsMore);
  more.addEventListener("click", (event) => {
    event.preventDefault();
    const count = table.querySelectorAll("tbody tr").length;
    addRows(table, ROWS_MORE);
    table.querySelectorAll("tbody tr")[count]?.querySelector("[name]")?.focus();
  });
  table.addEventListener("paste", (event) => {
    const lines = (event.clipboardData?.getData("text/plain") ?? "").replace(/\r?\n$/, "").split(/\r?\n/);
    const start = event.target.closest("tr");
    if (!start || (lines.length < 2 && !lines[0].includes("\t"))) {
      return;
    }
    event.preventDefault();
    const body = table.querySelector("tbody");
    const first = [...body.rows].indexOf(start);
    const column = [...start.querySelectorAll("[name]")].indexOf(event.target);
    addRows(table, first + lines.length - body.rows.length);
    lines.forEach((line, down) => {
      const controls = [...(body.rows[first + down]?.querySelectorAll("[name]") ?? [])];
      line.split("\t").forEach((text, across) => {
        const control = controls[column + across];
        if (!control) {
          return;
        }
        const option = [...(control.options ?? [])].find((one) => one.text.trim() === text.trim());
        control.value = option ? option.value : text.trim();
      });
    });
    start.closest("form").dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// How far long work has come is asked for every other second, so that the page need not be loaded anew; when it is
// over, the page is, as then it shows what was done. Without this the page refreshes itself.
const WORK_EVERY_MS = 2000;
const followWork = (panel) => {
  setTimeout(async () => {
    try {
      const answer = await fetch(panel.dataset.work, { redirect: "error" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#progress");
      if (!answer.ok || !fresh) {
        return;
      }
      if (!fresh.dataset.work) {
        location.reload();
        return;
      }
      // Only what stands in it is exchanged: the region itself stays, so that it is read out.
      panel.replaceChildren(...fresh.children);
    } catch {
      // The next turn may have better luck.
    }
    followWork(panel);
  }, WORK_EVERY_MS);
};
for (const panel of document.querySelectorAll("[data-work]")) {
  followWork(panel);
}
