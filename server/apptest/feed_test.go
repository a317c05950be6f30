package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers R-04, O-22: posts reach those they are for, are commented on, mention
// people, carry files, and only their authors take them back.
func TestPostsReachTheirReaders(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta, henrik, anna := w.As("marta"), w.As("henrik"), w.As("anna")
		texts := func(login string) []string {
			a := w.As(login).Get("/posts").Expect(200)
			out := []string{}
			for i := range a.Len("items") {
				out = append(out, a.Text(fmt.Sprintf("items.%d.text", i)))
			}
			return out
		}
		marta.Post("/posts", map[string]any{"text": " "}).Problem(422, "validation")
		marta.Post("/posts", map[string]any{"text": "x", "to": []any{map[string]any{"kind": "group", "id": "nobody"}}}).Problem(422, "validation")
		all := marta.Post("/posts", map[string]any{"text": "Fair on Friday"}).Expect(201).Text("id")
		w.Clock.Advance(time.Second)
		marta.Post("/posts", map[string]any{"text": "Sales only, and @[Anna Kowalska](anna)", "to": []any{map[string]any{"kind": "department", "id": "sales"}}}).Expect(201)
		w.Clock.Advance(time.Second)
		secret := marta.Post("/posts", map[string]any{"text": "For Henrik", "to": []any{map[string]any{"kind": "user", "id": "henrik"}}}).Expect(201).Text("id")
		told(t, w, "henrik", "Marta Nowak writes in the feed: For Henrik")
		told(t, w, "anna", "Marta Nowak mentions you in the feed: Sales only, and @Anna Kowalska")
		require.Equal(t, []string{"For Henrik", "Sales only, and @[Anna Kowalska](anna)", "Fair on Friday"}, texts("henrik"))
		require.Equal(t, []string{"Sales only, and @[Anna Kowalska](anna)", "Fair on Friday"}, texts("anna"))
		require.Equal(t, []string{"Fair on Friday"}, texts("oscar"))
		anna.Get("/posts/"+secret).Problem(404, "not_found")
		anna.Post("/posts/"+secret+"/comments", map[string]any{"text": "?"}).Problem(404, "not_found")

		file := marta.Upload("/files", map[string]string{"owner": "post:" + secret}, "plan.txt", []byte("the plan")).Expect(201).Text("id")
		henrik.Get("/files/" + file).Expect(200)
		require.NotEqual(t, 200, anna.Get("/files/"+file).Status)
		henrik.Upload("/files", map[string]string{"owner": "post:" + secret}, "other.txt", []byte("x")).Problem(403, "forbidden")
		require.Equal(t, "plan.txt", henrik.Get("/posts/"+secret).Expect(200).Text("files.0.name"))

		w.Clock.Advance(time.Second)
		said := anna.Post("/posts/"+all+"/comments", map[string]any{"text": "Where, @[Henrik Lindqvist](henrik)?"}).Expect(201).Text("id")
		told(t, w, "marta", "Anna Kowalska comments: Where, @Henrik Lindqvist?")
		told(t, w, "henrik", "Anna Kowalska mentions you in the feed: Where, @Henrik Lindqvist?")
		w.Eventually("the comment counts and brings the post up", 10*time.Millisecond, func() bool {
			first := henrik.Get("/posts").Expect(200)
			return first.Text("items.0.id") == all && first.At("items.0.comments") == 1.0
		})
		require.Equal(t, "Anna Kowalska", henrik.Get("/posts/"+all+"/comments").Expect(200).Text("items.0.authorName"))
		henrik.Do("DELETE", "/posts/"+all+"/comments/"+said, nil).Problem(403, "forbidden")
		henrik.Do("DELETE", "/posts/"+all, nil, "If-Match", `"1"`).Problem(403, "forbidden")
		anna.Do("DELETE", "/posts/"+all+"/comments/"+said, nil).Expect(204)
		w.Eventually("it counts no more", 10*time.Millisecond, func() bool { return henrik.Get("/posts/"+all).Expect(200).At("comments") == 0.0 })
		marta.Do("DELETE", "/posts/"+all, nil, "If-Match", marta.Get("/posts/"+all).Expect(200).ETag()).Expect(204)
		require.Equal(t, []string{}, texts("oscar"))

		deal, _ := newDeal(t, w, "Pumps")
		publishText(t, w, "shout", oneRobot("shout", "feed.post", `{"text":"{{ record.title }} moves","to":["accounting","henrik"]}`))
		ends(w, runOn(w, "shout", deal))
		post := anna.Get("/posts").Expect(200)
		require.Equal(t, []string{"Pumps moves", "Pumps", ""}, []string{post.Text("items.0.text"), post.Text("items.0.names.record"), post.Text("items.0.authorId")})
		require.Empty(t, texts("oscar"))

		marta.Post("/records/deal/"+deal+"/comments", map[string]any{"text": "Look, @[Henrik Lindqvist](henrik)"}).Expect(201)
		told(t, w, "henrik", "Marta Nowak mentions you: Look, @Henrik Lindqvist")
	})
}
