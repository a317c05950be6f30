package form

import "html/template"

// pageTemplate is the page that clients see. It loads nothing, and its script
// only tells a page around it how high it is.
var pageTemplate = template.Must(template.New("form").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style nonce="{{.Nonce}}">{{.Style}}
*{box-sizing:border-box}
body{margin:0;padding:1.5rem 1rem;background:var(--paper);color:var(--ink);font:16px/1.5 var(--font)}
main{max-width:38rem;margin:0 auto}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
a{color:var(--accent)}
form{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem;margin-top:1rem}
.f{grid-column:1/-1;min-width:0}.half{grid-column:auto}
label,legend{display:block;font-weight:600;padding:0}
.o{font-weight:400;opacity:.7}
.h{font-size:.875rem;opacity:.8;margin:.1rem 0 0}
input,select,textarea{width:100%;margin-top:.3rem;padding:.6rem .7rem;font:inherit;color:inherit;background:color-mix(in srgb,var(--paper) 94%,var(--ink));border:1px solid color-mix(in srgb,var(--paper) 55%,var(--ink));border-radius:var(--corner)}
textarea{min-height:7rem;resize:vertical}
input[type=file]::file-selector-button{font:inherit;margin:0 .8rem 0 0;padding:.35rem .8rem;border:1px solid color-mix(in srgb,var(--paper) 55%,var(--ink));border-radius:var(--corner);background:var(--paper);color:inherit;cursor:pointer}
.c{display:flex;gap:.6rem;align-items:flex-start;font-weight:400;margin-top:.3rem}
.c input{width:1.1rem;height:1.1rem;margin:.2rem 0 0;flex:none;accent-color:var(--accent)}
.c p{margin:0}
fieldset{border:0;margin:0;padding:0}
:is(input,select,textarea,button,a):focus-visible{outline:3px solid color-mix(in srgb,var(--accent) 55%,transparent);outline-offset:1px}
button,.b{display:inline-block;font:inherit;font-weight:600;padding:.7rem 1.4rem;border:0;border-radius:var(--corner);background:var(--accent);color:var(--on);cursor:pointer;text-decoration:none}
.e{color:light-dark(#b91c1c,#fca5a5);font-size:.9rem;margin:.25rem 0 0}
.m{border:1px solid light-dark(#b91c1c,#fca5a5);border-radius:var(--corner);padding:.6rem .8rem;margin:1rem 0 0}
[aria-invalid=true]{border-color:light-dark(#b91c1c,#fca5a5)}
.t{position:absolute;left:-10000px;width:1px;height:1px;overflow:hidden}
@media(max-width:30rem){.half{grid-column:1/-1}}
</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
{{if .Sendable}}{{.Text}}
{{with .Message}}<p class="m" role="alert">{{.}}</p>{{end}}
<form method="post" action="/f/{{.Form.ID}}" accept-charset="utf-8"{{if .Files}} enctype="multipart/form-data"{{end}}{{if not .Message}} autocomplete="on"{{end}}>
{{range .Hidden}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{end}}<div class="t" aria-hidden="true"><label>{{.Trap}} <input name="website_url" tabindex="-1" autocomplete="off"></label></div>
{{$v := .}}{{range .Inputs}}<div class="f{{if .Half}} half{{end}}">
{{if eq .Kind "check"}}<label class="c"><input type="checkbox" id="{{.ID}}" name="{{.Name}}" value="true"{{if .Chosen}} checked{{end}}{{if .Required}} required{{end}}{{if .Wrong}} aria-invalid="true" aria-describedby="{{.ID}}e"{{end}}><span>{{.Label}}</span></label>
{{else if eq .Kind "checks"}}<fieldset{{if .Wrong}} aria-describedby="{{.ID}}e"{{end}}><legend>{{.Label}}{{if not .Required}} <span class="o">({{$v.Optional}})</span>{{end}}</legend>{{$n := .Name}}
{{range .Options}}<label class="c"><input type="checkbox" name="{{$n}}" value="{{.Value}}"{{if .Chosen}} checked{{end}}><span>{{.Label}}</span></label>
{{end}}</fieldset>
{{else}}<label for="{{.ID}}">{{.Label}}{{if not .Required}} <span class="o">({{$v.Optional}})</span>{{end}}</label>
{{if eq .Kind "area"}}<textarea id="{{.ID}}" name="{{.Name}}" maxlength="10000"{{with .Placeholder}} placeholder="{{.}}"{{end}}{{if .Required}} required{{end}}{{with .Complete}} autocomplete="{{.}}"{{end}}{{if .Wrong}} aria-invalid="true" aria-describedby="{{.ID}}e"{{end}}>{{.Value}}</textarea>
{{else if eq .Kind "select"}}<select id="{{.ID}}" name="{{.Name}}"{{if .Required}} required{{end}}{{if .Wrong}} aria-invalid="true" aria-describedby="{{.ID}}e"{{end}}><option value="">{{$v.Choose}}</option>{{range .Options}}<option value="{{.Value}}"{{if .Chosen}} selected{{end}}>{{.Label}}</option>{{end}}</select>
{{else if eq .Kind "file"}}<input type="file" id="{{.ID}}" name="{{.Name}}" accept="{{.Accept}}"{{if .Several}} multiple{{end}}{{if .Required}} required{{end}} aria-describedby="{{.ID}}t{{if .Wrong}} {{.ID}}e{{end}}"{{if .Wrong}} aria-invalid="true"{{end}}><p class="h" id="{{.ID}}t">{{.Takes}}</p>
{{else}}<input type="{{.Kind}}" id="{{.ID}}" name="{{.Name}}" value="{{.Value}}" maxlength="500"{{with .Placeholder}} placeholder="{{.}}"{{end}}{{with .Mode}} inputmode="{{.}}"{{end}}{{if .Required}} required{{end}}{{with .Complete}} autocomplete="{{.}}"{{end}}{{if .Wrong}} aria-invalid="true" aria-describedby="{{.ID}}e"{{end}}>
{{end}}{{end}}{{with .Help}}<p class="h">{{.}}</p>{{end}}{{if .Wrong}}<p class="e" id="{{.ID}}e">{{.Wrong}}</p>{{end}}
</div>
{{end}}{{if .Form.Consent.Ask}}<div class="f"><label class="c"><input type="checkbox" name="fluxo_consent" value="true"{{if .Form.Consent.Required}} required{{end}}{{if .ConsentWrong}} aria-invalid="true" aria-describedby="ce"{{end}}><span>{{.Consent}}</span></label>{{if .ConsentWrong}}<p class="e" id="ce">{{.ConsentWrong}}</p>{{end}}</div>
{{end}}<div class="f"><button>{{.Button}}</button></div>
</form>
{{else}}<div role="status">{{.Thanks}}</div>
{{with .Redirect}}<p><a class="b" href="{{.}}" target="_top" rel="noopener">{{$.Onward}}</a></p>{{end}}{{end}}
</main>
{{if .Embedded}}<script nonce="{{.Nonce}}">(function(){var last=0;function tell(){var h=Math.ceil(document.documentElement.getBoundingClientRect().height);if(h!==last){last=h;parent.postMessage({fluxo:{{.Form.ID}},height:h},"*")}}
{{if .Redirect}}parent.postMessage({fluxo:{{.Form.ID}},go:{{.Redirect}}},"*");{{end}}
if(window.ResizeObserver)new ResizeObserver(tell).observe(document.documentElement);addEventListener("load",tell);tell()})();</script>
{{end}}</body>
</html>
`))

// embedScript is the script of an embedded form; ORIGIN and FORM are filled in.
const embedScript = `(function () {
  var me = document.currentScript, origin = "ORIGIN", form = "FORM", visitor = "";
  try {
    if (localStorage.getItem("fluxo-consent") === "yes") visitor = localStorage.getItem("fluxo-visitor") || "";
  } catch (e) { visitor = ""; }
  var query = new URLSearchParams(location.search);
  query.set("fluxo_embed", "1");
  query.set("fluxo_page", location.origin + location.pathname);
  if (visitor) query.set("fluxo_visitor", visitor);
  var frame = document.createElement("iframe");
  frame.src = origin + "/f/" + form + "?" + query.toString();
  frame.title = (me && me.getAttribute("data-title")) || document.title;
  frame.style.cssText = "width:100%;border:0;display:block;min-height:12rem";
  addEventListener("message", function (e) {
    if (e.source !== frame.contentWindow || e.origin !== origin || !e.data || e.data.fluxo !== form) return;
    if (e.data.height > 0) frame.style.height = Math.min(e.data.height, 20000) + "px";
    if (typeof e.data.go === "string" && /^https?:/.test(e.data.go)) location.assign(e.data.go);
  });
  if (me && me.parentNode) me.parentNode.insertBefore(frame, me);
  else document.body.appendChild(frame);
})();
`
