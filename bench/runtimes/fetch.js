// SPDX-License-Identifier: MIT
// fetch.js URL COUNT: so many requests by fetch(), one after another.
const [url, count] = process.argv.slice(2);
(async () => {
  for (let i = 0; i < Number(count); i++) {
    await (await fetch(url)).text();
  }
})();
