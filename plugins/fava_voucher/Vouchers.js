// @ts-check
// The page works without this module; it keeps searching and sorting within Fava's single page.

/** The header to focus once a table was sorted from the keyboard. */
let sorted = "";

/** Let Fava's router load a URL, as if a link to it had been clicked. */
function follow(url) {
  const link = document.createElement("a");
  link.href = url;
  document.body.append(link);
  link.click();
  link.remove();
}

function search(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const url = new URL(form.action);
  url.search = new URLSearchParams(new FormData(form)).toString();
  follow(url.href);
}

/** Fava's own link to the page, in its sidebar. */
const HOME = 'aside a[href*="/extension/Vouchers/"]';

/** What Fava's journal shows of a transaction's metadata. */
function metadata(entry) {
  const keys = entry.querySelectorAll(":scope > dl.metadata > dt");
  return new Map(
    [...keys].map((key) => [key.textContent.trim(), key.nextElementSibling?.textContent.trim()]),
  );
}

/** Lead from a batch of daily postings in Fava's journal to its vouchers. */
function leadFromBatch(entry) {
  const home = document.querySelector(HOME);
  const told = metadata(entry);
  if (home === null || !told.has("voucher-count:") || entry.querySelector(".vouchers-of-batch")) {
    return;
  }
  const accounts = [...entry.querySelectorAll("ul.postings .description a")].map(
    (account) => account.textContent.trim(),
  );
  const url = new URL(home.href);
  url.search = new URLSearchParams({
    within: "period",
    time: entry.querySelector(".datecell").textContent.trim(),
    event: told.get("voucher-event:"),
    book: told.get("voucher-book:"),
    accounts: accounts.join(" "),
  }).toString();
  const link = document.createElement("a");
  link.className = "vouchers-of-batch";
  link.href = url.href;
  link.textContent = ` → ${home.textContent.trim()}`;
  entry.querySelector(".description")?.append(link);
}

function leadFromBatches() {
  document.querySelectorAll("li.transaction").forEach(leadFromBatch);
}

export default {
  init() {
    // A long journal comes in parts.
    new MutationObserver(leadFromBatches).observe(document.body, { childList: true, subtree: true });
  },
  onPageLoad() {
    leadFromBatches();
  },
  onExtensionPageLoad() {
    const page = document.getElementById("vouchers");
    if (page === null) {
      return;
    }
    page.querySelector("form[role=search]")?.addEventListener("submit", search);
    for (const link of page.querySelectorAll("th > a")) {
      link.addEventListener("click", () => {
        sorted = link.id;
      });
    }
    if (sorted !== "") {
      document.getElementById(sorted)?.focus();
      sorted = "";
    }
  },
};
