package apptest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Three robots that a board's rules put on a record write to it while two people edit
// what they have read before: every change stays, by its field, and who writes what a
// robot has written is shown both values.
//
//
func TestRobotsAndPeopleMeetByField(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta := w.As("ada"), w.As("marta")
		robots := make([]map[string]any, 3)
		for i := range robots {
			key := fmt.Sprint("robot", i)
			ada.Post("/record-types/deal/fields", map[string]any{"label": key, "key": key, "type": "text"}, "If-Match", ada.Get("/record-types/deal").Expect(200).ETag()).Expect(201)
			robots[i] = robot(key, "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": key, "value": "by " + key}}})
		}
		putBoard(w, map[string][]map[string]any{"qualified": robots}).Expect(200)

		for round := range 4 { // each meets the robots at another moment
			deal := aDeal(w, "Met")
			path := "/records/deal/" + deal
			read := marta.Get(path).Expect(200).ETag()
			moveTo(w, deal, "qualified")
			for n := range round { // so many robots have written before the people do
				becomes(w, deal, fmt.Sprint("robot", n), "done")
			}
			marta.Do("PATCH", path, map[string]any{"comment": "by Marta"}, "If-Match", read).Expect(200)
			ada.Do("PATCH", path, map[string]any{"title": "By Ada", "amount": 4200}, "If-Match", read).Expect(200)
			for n := range robots {
				becomes(w, deal, fmt.Sprint("robot", n), "done")
			}
			now := marta.Get(path).Expect(200)
			require.Equal(t, []any{"by Marta", "By Ada", 4200.0}, []any{now.At("comment"), now.At("title"), now.At("amount")})
			require.Equal(t, map[string]any{"robot0": "by robot0", "robot1": "by robot1", "robot2": "by robot2"}, now.At("fields"))

			clash := marta.Do("PATCH", path, map[string]any{"comment": "lost?", "fields": map[string]any{"robot1": "by Marta"}}, "If-Match", read).Problem(409, "stale")
			require.Equal(t, []any{map[string]any{"field": "comment", "mine": "lost?", "theirs": "by Marta"}, map[string]any{"field": "robot1", "mine": "by Marta", "theirs": "by robot1"}}, clash.At("clashes"))
			require.Equal(t, "by robot1", marta.Get(path).Expect(200).Text("fields.robot1"), "nothing of it is written")
			kept := marta.Do("PATCH", path, map[string]any{"fields": map[string]any{"robot1": "by Marta"}}, "If-Match", now.ETag()).Expect(200)
			require.Equal(t, "by Marta", kept.Text("fields.robot1"), "who has seen it may")
		}
	})
}
