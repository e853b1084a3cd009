// Runs before the first paint so that a light page never flashes dark. A file of its own: the
// Content-Security-Policy allows no inline script.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem('livehouse.theme');
  } catch {
    // Storage is switched off: dark it is.
  }
  document.documentElement.dataset.theme = theme === 'light' || theme === 'system' ? theme : 'dark';
})();
