// What people read, in their language. The English text is the key of a phrase.

let table = {};
let language = "en";

/** Load the phrases of a language; without them the page speaks English. */
export async function speak(wanted) {
  language = wanted;
  document.documentElement.lang = wanted;
  if (wanted === "en") {
    table = {};
    return;
  }
  try {
    const answer = await fetch(`/phrases/${encodeURIComponent(wanted)}.json`);
    if (answer.ok) table = await answer.json();
  } catch {
    // The laptop is away: what was loaded before stays.
  }
}

/** Return a phrase in the language that is set, its {names} filled in.
 *
 * `{count|one|few|many}` in a translation is the word that goes with a number.
 */
export function phrase(text, values = {}) {
  const said = Object.hasOwn(table, text) ? table[text] : text;
  return said.replace(/\{(\w+)(?:\|([^{}]*))?\}/g, (whole, name, forms) => {
    if (!Object.hasOwn(values, name)) return whole;
    return forms === undefined
      ? String(values[name])
      : plural(String(values[name]), forms.split("|"));
  });
}

/** Return the form of a word after a number: of one, of two to four, of five and more. */
function plural(said, forms) {
  if (!/^[-−+]?\d+([.,]\d+)?$/.test(said)) return forms.at(-1);
  if (/[.,]/.test(said)) return forms[1];
  const last = Number(said.at(-1));
  if (said.at(-2) === "1" || last === 0 || last > 4) return forms.at(-1);
  return last === 1 ? forms[0] : forms[1];
}

/** Write a number as the language does. */
export function number(value, digits = 0) {
  return value
    .toLocaleString(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
    })
    .replace("-", "−");
}

/** Write a length. */
export function length(metres) {
  if (metres < 1000) return phrase("{count} m", { count: number(metres) });
  return phrase("{count} km", { count: number(metres / 1000, metres < 10000 ? 1 : 0) });
}

/** Write an area. */
export function area(squareMetres) {
  if (squareMetres >= 1e7) return phrase("{count} km²", { count: number(squareMetres / 1e6) });
  const hectares = squareMetres / 1e4;
  return phrase("{count} ha", { count: number(hectares, hectares < 10 ? 1 : 0) });
}

/** Write an age. */
export function age(seconds) {
  if (seconds < 100) return phrase("{count} s", { count: number(seconds) });
  if (seconds < 6000) return phrase("{count} min", { count: number(seconds / 60) });
  return phrase("{count} h", { count: number(seconds / 3600, seconds < 36000 ? 1 : 0) });
}

/** Write a direction: 7 is 007°. */
export function degrees(value) {
  return `${String(Math.round(value) % 360).padStart(3, "0")}°`;
}
