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

// A refused form stands open with its message in sight.
document.querySelector("details.move[open] [role=alert], .field.wrong")?.scrollIntoView({ block: "center" });
