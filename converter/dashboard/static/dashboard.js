"use strict";
// The view Live: follows the event stream, newest first. Texts are set as text, never as HTML.
(() => {
  const list = document.getElementById("live");
  if (!list) return;
  const MOST = 500;
  const button = document.getElementById("pause");
  const state = document.getElementById("state");
  let paused = false;
  const waiting = [];
  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  const show = (item) => {
    const line = document.createElement("li");
    if (item.bad) line.className = "bad";
    const at = new Date(item.at * 1000).toISOString();
    line.append(element("time", at.slice(0, 10) + " " + at.slice(11, 19) + "Z"), " ", element("b", item.what), " ");
    const label = item.kind + " " + (item.namespace ? item.namespace + "/" : "") + item.name;
    if (item.link && item.link.startsWith("/objects/")) {
      const link = element("a", label);
      link.href = item.link;
      line.append(link);
    } else {
      line.append(label);
    }
    line.append((item.cluster ? " in " + item.cluster : "") + ": " + item.text);
    list.prepend(line);
    while (list.children.length > MOST) list.lastElementChild.remove();
    document.getElementById("nothing").hidden = true;
  };
  const say = () => {
    state.textContent = paused ? "paused, " + waiting.length + " waiting" : "following";
  };
  const stream = new EventSource(list.dataset.stream);
  stream.onopen = say;
  stream.onerror = () => { state.textContent = "not connected, trying again"; };
  stream.onmessage = (message) => {
    const item = JSON.parse(message.data);
    if (!paused) return show(item);
    waiting.push(item);
    if (waiting.length > MOST) waiting.shift();
    say();
  };
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Continue" : "Pause";
    if (!paused) waiting.splice(0).forEach(show);
    say();
  });
  addEventListener("pagehide", () => stream.close());
})();
