/* Fluxo visits. Nothing is stored or sent before consent:
   <script src="ORIGIN/visit.js" defer></script>, then fluxo.consent(true) when the
   visitor agrees, fluxo.consent(false) to take it back. A site that asks by itself
   and loads the script only then writes data-consent="given". */
(function () {
  var me = document.currentScript, origin = "ORIGIN", key = "fluxo-visitor", told = "";
  function read(name) { try { return localStorage.getItem(name) || ""; } catch (e) { return ""; } }
  function agreed() { return read("fluxo-consent") === "yes"; }
  function visitor() {
    var id = read(key);
    if (!/^[0-9a-f]{32}$/.test(id)) {
      id = Array.from(crypto.getRandomValues(new Uint8Array(16)), function (b) { return b.toString(16).padStart(2, "0"); }).join("");
      try { localStorage.setItem(key, id); } catch (e) { return ""; }
    }
    return id;
  }
  function tell() {
    var page = location.origin + location.pathname;
    if (!agreed() || page === told) return;
    var id = visitor();
    if (!id) return;
    told = page;
    fetch(origin + "/visit", {
      method: "POST", mode: "no-cors", credentials: "omit", keepalive: true, referrerPolicy: "no-referrer",
      body: JSON.stringify({ visitor: id, page: page, referrer: document.referrer.split(/[?#]/)[0] })
    }).catch(function () { told = ""; });
  }
  function consent(given) {
    try {
      if (given) localStorage.setItem("fluxo-consent", "yes");
      else { localStorage.removeItem("fluxo-consent"); localStorage.removeItem(key); }
    } catch (e) { return; }
    if (given) tell();
  }
  window.fluxo = { consent: consent, visit: tell };
  if (me && me.getAttribute("data-consent") === "given") consent(true);
  else tell();
})();
