// Before anything is painted: a white page at night would blind for half an hour.
"use strict";
try {
  document.documentElement.dataset.theme =
    JSON.parse(localStorage.getItem("baksan.theme")) || "day";
} catch {
  document.documentElement.dataset.theme = "day";
}
