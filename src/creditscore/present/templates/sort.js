for (const table of document.querySelectorAll("table.sortable")) {
  table.querySelectorAll("thead th").forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const key = row => row.cells[place].dataset.sort ?? row.cells[place].textContent.trim();
      const number = text => Number(text.replace(/[,%\s]/g, "").replace("−", "-"));
      const rows = [...table.tBodies[0].rows];
      const numeric = head.classList.contains("n");
      rows.sort((a, b) => numeric ? (number(key(a)) || 0) - (number(key(b)) || 0) : key(a).localeCompare(key(b), "zh"));
      if (down) rows.reverse();
      for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      table.tBodies[0].append(...rows);
    });
  });
}
