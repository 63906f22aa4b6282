for (const head of document.querySelectorAll("th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  head.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0], column = head.cellIndex;
    const number = head.classList.contains("number");
    const order = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order === 1 ? "ascending" : "descending");
    const value = row => row.cells[column], key = cell => cell.dataset.sort ?? cell.textContent;
    const compare = (a, b) => number ? Number(a) - Number(b) : a.localeCompare(b, undefined, { numeric: true });
    body.append(...[...body.rows].sort((a, b) => {
      const nulls = value(a).classList.contains("null") - value(b).classList.contains("null");
      return nulls || order * compare(key(value(a)), key(value(b)));
    }));
  });
}
