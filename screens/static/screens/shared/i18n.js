// What people read, in the language of the page. Chinese is written in the code and is the key of its translation.

const LANGUAGE = document.documentElement.lang.startsWith("en") ? "en" : "zh-hans";
const words = new Map();

export const english = LANGUAGE === "en";
export const locale = english ? "en-GB" : "zh-CN";

/** Takes a dictionary {Chinese: English}; each screen brings its own before it draws. */
export function speak(dictionary) {
  Object.entries(dictionary).forEach(([chinese, translated]) => words.set(chinese, translated));
}

/** The text in the page's language; `{name}` stands for `facts.name`. */
export function t(chinese, facts = {}) {
  const text = english ? words.get(chinese) || chinese : chinese;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

/** Turns a table of Chinese words into one in the page's language, looked up when it is read. */
export function translated(table) {
  return new Proxy(table, { get: (target, name) => (name in target ? t(target[name]) : undefined) });
}

/** The button that changes the language keeps it in the cookie that the server reads too. */
export function offerLanguages(button) {
  button.addEventListener("click", () => {
    document.cookie = `django_language=${english ? "zh-hans" : "en"}; path=/; max-age=31536000; SameSite=Lax`;
    location.reload();
  });
}
