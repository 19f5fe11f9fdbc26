// What the pages do beyond htmx: sliders say their value, printing, and a word where the service does not answer.
"use strict";
(function () {
  function trouble(text) {
    var place = document.getElementById("trouble");
    if (place) { place.textContent = text; place.hidden = !text; }
  }
  var tab = document.querySelector(".tabs [aria-current]");
  if (tab) { tab.parentNode.scrollLeft = tab.offsetLeft - (tab.parentNode.clientWidth - tab.offsetWidth) / 2; }
  document.addEventListener("input", function (event) {
    var slider = event.target;
    if (slider.type !== "range") { return; }
    var out = document.querySelector('output[for="' + slider.id + '"]');
    var auto = document.querySelector('[data-auto="' + slider.id + '"]');
    if (auto) { auto.checked = false; }
    if (out) { out.textContent = slider.value + out.dataset.unit; }
  });
  document.addEventListener("change", function (event) {
    var name = event.target.dataset ? event.target.dataset.auto : "";
    if (!name) { return; }
    var slider = document.getElementById(name);
    var out = document.querySelector('output[for="' + name + '"]');
    out.textContent = event.target.checked ? "自动" : slider.value + out.dataset.unit;
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-print]")) { window.print(); }
  });
  document.addEventListener("htmx:afterRequest", function (event) { if (event.detail.successful) { trouble(""); } });
  document.addEventListener("htmx:sendError", function () { trouble("服务没有响应，请检查网络；填写的内容还在。"); });
  document.addEventListener("htmx:responseError", function (event) {
    trouble(event.detail.xhr.status === 403 ? "没有权限，或页面已过期，请刷新。" : "服务暂时出错，请稍后再试；填写的内容还在。");
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.dataset.sent) { if (form.dataset.sent) { event.preventDefault(); } return; }
    form.dataset.sent = "1";
    window.setTimeout(function () { delete form.dataset.sent; }, 4000);
  });
})();
