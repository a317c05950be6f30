package apptest_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

var update = flag.Bool("update", false, "rewrite schemas/api/openapi.yaml")

const description = "../../schemas/api/openapi.yaml"

// The committed description is the one that the Go types give.
func TestDescriptionIsCommitted(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Bare: true})
	text, err := w.App.API.OpenAPI().YAML()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.MkdirAll("../../schemas/api", 0o755))
		require.NoError(t, os.WriteFile(description, text, 0o644))
	}
	committed, err := os.ReadFile(description)
	require.NoError(t, err)
	require.Equal(t, string(committed), string(text), "run: go test ./server/apptest -run TestDescriptionIsCommitted -update")
	older, err := w.App.API.OpenAPI().DowngradeYAML()
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(older)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
}

// Every route that the router answers is described.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Bare: true})
	parameter := regexp.MustCompile(`:(\w+)`)
	ours := map[string]bool{"/api/docs": true, "/healthz": true, "/readyz": true, "/metrics": true}
	routes := 0
	for _, r := range w.App.API.Routes() {
		if ours[r.Path] || strings.HasPrefix(r.Path, "/api/v1/openapi") {
			continue
		}
		routes++
		path := parameter.ReplaceAllString(r.Path, "{$1}")
		item := w.App.API.OpenAPI().Paths[path]
		require.NotNil(t, item, "%s %s is not described", r.Method, r.Path)
		described := map[string]bool{"GET": item.Get != nil, "POST": item.Post != nil, "PUT": item.Put != nil, "PATCH": item.Patch != nil, "DELETE": item.Delete != nil}
		require.True(t, described[r.Method], "%s %s is not described", r.Method, r.Path)
	}
	require.Greater(t, routes, 80)
	require.Contains(t, string(w.Anonymous().Do("GET", "/api/docs", nil).Expect(200).Raw), "/api/v1/tasks/{id}/completion")
}
