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

export default {
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
