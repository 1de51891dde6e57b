// What this phone keeps over a reload. Where it may keep nothing, memory stands in.

const memory = new Map();

/** Tell whether this phone keeps things; the page says so where not. */
export function keeps() {
  try {
    localStorage.setItem("baksan.try", "1");
    localStorage.removeItem("baksan.try");
    return true;
  } catch {
    return false;
  }
}

/** Return what was kept under a name, `other` where nothing or nothing readable. */
export function kept(name, other) {
  if (memory.has(name)) return memory.get(name);
  try {
    const text = localStorage.getItem(`baksan.${name}`);
    if (text !== null) return JSON.parse(text);
  } catch {
    // Not readable: as if nothing were kept.
  }
  return other;
}

/** Keep a value under a name. */
export function keep(name, value) {
  memory.set(name, value);
  try {
    localStorage.setItem(`baksan.${name}`, JSON.stringify(value));
    memory.delete(name);
  } catch {
    // Full or forbidden: it stays in memory until the page is closed.
  }
}
