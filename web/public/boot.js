// The first script of every page, and blocking on purpose. It does two things that must precede all others:
// it sets the theme before anything is painted, and it creates the Trusted Types default policy, which lets
// the page load this build's own chunks and its service worker, and refuses every other script address.
(function () {
  var theme = 'system';
  try {
    theme = localStorage.getItem('codexos.theme') || 'system';
  } catch {
    // Storage is blocked: the system theme is a fine answer.
  }
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';

  if (!window.trustedTypes || !window.trustedTypes.createPolicy) return;
  window.trustedTypes.createPolicy('default', {
    createScriptURL: function (address) {
      var url = new URL(address, location.href);
      var own = url.origin === location.origin;
      if (own && (url.pathname.indexOf('/_next/static/') === 0 || url.pathname === '/sw.js')) return address;
      throw new TypeError('This page loads scripts of its own build only; refused: ' + url.origin + url.pathname);
    },
  });
})();
