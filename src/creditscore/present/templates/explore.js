for (const place of document.querySelectorAll("[data-plot]")) {
  const plot = JSON.parse(place.dataset.plot);
  const picture = place.querySelector("svg");
  const stage = document.createElement("div");
  stage.className = "stage screen";
  stage.setAttribute("role", "img");
  stage.setAttribute("aria-label", picture ? picture.querySelector("title").textContent : "");
  place.append(stage);
  if (picture) picture.classList.add("paper");
  const names = plot.kind === "bar" ? plot.series[0].points.map(point => point[0]) : null;
  const chart = echarts.init(stage, null, { renderer: "svg" });
  const series = plot.series.map(({ name, points }) => ({
    name, type: plot.kind, symbolSize: plot.kind === "line" ? 4 : 9, showSymbol: plot.kind !== "line", emphasis: { focus: "series" },
    data: names ? points.map(point => point[1]) : points.map(([x, y, label, low, high]) => ({
      value: [x, y], name: label ?? "", itemStyle: x < low || x > high ? { color: "#a6263a" } : {},
    })),
  }));
  const quiet = { type: "line", showSymbol: false, silent: true, tooltip: { show: false } };
  for (const { points } of plot.series) for (const [x, , , low, high] of points) if (low !== undefined)
    series.push({ ...quiet, data: [[x, low], [x, high]], lineStyle: { color: "#44546a", width: 1.6 } });
  if (plot.diagonal) series.push({
    ...quiet, data: [[0, 0], [plot.diagonal, plot.diagonal]],
    lineStyle: { type: "dashed", color: "#9aa4b1", width: 1 },
  });
  const number = value => Number(value).toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "−");
  const letters = { fontFamily: getComputedStyle(place).fontFamily, fontSize: 13 }; // as the style sheet draws them
  chart.setOption({
    animation: false, color: ["#1f5fa8", "#e07f3f", "#5b6675", "#a6263a"], textStyle: letters,
    grid: { left: 56, right: 24, top: plot.series.length > 1 ? 40 : 20, bottom: 64 },
    legend: { show: plot.series.length > 1, top: 0, textStyle: letters, data: plot.series.map(({ name }) => name) },
    tooltip: {
      trigger: plot.kind === "scatter" ? "item" : "axis", confine: true, renderMode: "richText",
      formatter: given => [given].flat().map(point => names
        ? `${point.name}\n${plot.y} ${number(point.value)}`
        : [point.name || point.seriesName, `${plot.x} ${number(point.value[0])}`, `${plot.y} ${number(point.value[1])}`].join("\n")).join("\n"),
    },
    xAxis: names ? { type: "category", data: names, name: plot.x, nameLocation: "middle", nameGap: 28 }
      : { type: "value", name: plot.x, nameLocation: "middle", nameGap: 28, min: 0 },
    yAxis: { type: "value", name: plot.y, nameLocation: "middle", nameGap: 42, min: 0 },
    dataZoom: [{ type: "slider", height: 14, bottom: 4 }],
    series,
  });
  addEventListener("resize", () => chart.resize());
}
