package apptest_test

import (
	"testing"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// An instant whose own zone carries it out of the years that are kept cannot be read
// again: it is refused wherever it comes in, and what is there can still be read.
func TestMomentsOutsideOfTheYearsAreRefused(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	id := aDeal(w, "One")
	room := w.As("ada").Post("/resources", map[string]any{"name": "Room", "kind": "room", "capacity": 1, "anyTime": true, "active": true}).Expect(201).Text("id")
	for _, at := range []string{"9999-12-31T23:00:00-12:00", "0000-01-01T00:00:00+14:00", "0000-01-01", "0001-01-01T00:00:00Z"} {
		changed := marta.Get("/records/deal/" + id).Expect(200)
		marta.Do("PATCH", "/records/deal/"+id, map[string]any{"expectedCloseAt": at}, "If-Match", changed.ETag()).Problem(422, "validation")
		marta.Post("/records/deal/"+id+"/stage", map[string]any{"stage": "qualified", "fill": map[string]any{"expectedCloseAt": at}}, "If-Match", changed.ETag()).Expect(422)
		marta.Post("/activities", map[string]any{"type": "task", "title": "Call", "deadline": at}).Problem(422, "validation")
		marta.Post("/bookings", map[string]any{"resourceId": room, "from": at, "to": at}).Problem(422, "validation")
	}
	marta.Get("/records/deal").Expect(200)
	marta.Get("/board?pipeline=sales").Expect(200)
	marta.Get("/bookings").Expect(200)
	marta.Get("/activities").Expect(200)
	marta.Do("PATCH", "/records/deal/"+id, map[string]any{"title": "Mine"}, "If-Match", `"0"`).Problem(422, "validation")
}
