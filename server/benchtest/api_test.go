package benchtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
)

const deals = 5000

// BenchmarkAPI asks over HTTP what pages ask, with 5,000 deals in the store.
// The loops of the server rest: delivering the events of the seed is not what
// is measured, and a start answers without them.
func BenchmarkAPI(b *testing.B) {
	s := newIdleServer(b)
	by := crm.Change{Actor: s.admin.ID}
	pipeline, err := s.CRM.CreatePipeline(s.system, by, crm.Pipeline{Key: "sales", Name: "Sales", Type: "deal", Stages: []crm.Stage{
		{ID: "new", Name: "New", Color: "#64748b", Kind: crm.Normal}, {ID: "talks", Name: "Talks", Color: "#2563eb", Kind: crm.Normal},
		{ID: "won", Name: "Won", Color: "#15803d", Kind: crm.Success}, {ID: "lost", Name: "Lost", Color: "#b91c1c", Kind: crm.Failure}}})
	require.NoError(b, err)
	ids := make([]string, deals)
	closedLoop(b, 64, deals, func(_, i int) error {
		title, amount, currency := fmt.Sprintf("Delivery of %d machines", i), int64(i*3700), "EUR"
		d, err := s.CRM.CreateRecord(s.system, by, crm.TypeDeal, pipeline.ID, []string{"new", "talks"}[i%2], crm.RecordPatch{Title: &title, ResponsibleID: &s.admin.ID, Amount: &amount, Currency: &currency})
		ids[i] = d.ID
		return err
	})
	s.publish(b, "parked", `"kind":"userTask","name":"Wait","config":{"assignee":"`+s.admin.ID+`"}`)
	cookie := s.cookie(b, "ada")

	requests := []struct {
		name    string
		clients int
		n       int
		send    func(i int) error
	}{
		{"list", 16, 600, func(int) error {
			return s.call(cookie, http.MethodGet, "/records/deal?limit=50&sort=-amount", nil, nil)
		}},
		{"board", 16, 300, func(int) error { return s.call(cookie, http.MethodGet, "/board?pipeline=sales", nil, nil) }},
		{"get", 16, 1000, func(i int) error { return s.call(cookie, http.MethodGet, "/records/deal/"+ids[i], nil, nil) }},
		{"start", 64, 600, func(int) error {
			return s.call(cookie, http.MethodPost, "/definitions/parked/runs", map[string]any{}, nil)
		}},
		{"tasks", 16, 300, func(int) error { return s.call(cookie, http.MethodGet, "/tasks?view=mine&limit=50", nil, nil) }},
	}
	for _, r := range requests {
		b.Run(fmt.Sprintf("%s/clients=%d", r.name, r.clients), func(b *testing.B) {
			for range b.N {
				took, total := closedLoop(b, r.clients, r.n, func(_, i int) error { return r.send(i) })
				b.ReportMetric(rate(r.n, total), "requests/s")
				quantiles(b, "", took)
			}
		})
	}
	s.stop()
}

// BenchmarkLimitHello is a request that does nothing, by the same client
// through the same router.
func BenchmarkLimitHello(b *testing.B) {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/hello", func(c *gin.Context) { c.JSON(http.StatusOK, map[string]string{"hello": "world"}) })
	web := httptest.NewServer(router)
	defer web.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	for _, clients := range []int{16, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			for range b.N {
				const n = 5000
				took, total := closedLoop(b, clients, n, func(int, int) error {
					answer, err := client.Get(web.URL + "/hello")
					if err != nil {
						return err
					}
					defer answer.Body.Close()
					_, err = io.Copy(io.Discard, answer.Body)
					return err
				})
				b.ReportMetric(rate(n, total), "requests/s")
				quantiles(b, "", took)
			}
		})
	}
}
