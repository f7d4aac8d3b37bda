// Times in the words and the zone of who reads them. The page works without.
"use strict";
for (const one of document.querySelectorAll("time")) {
  one.textContent = new Date(one.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
}
