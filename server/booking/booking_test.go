package booking_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	engine "github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/booking"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/docstore/mongostore"
	"github.com/fluxo-app/fluxo/server/docstore/sqlitestore"
	"github.com/fluxo-app/fluxo/server/problem"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

// world is everything around bookings: one record with a field, and everybody known.
type world struct {
	now   time.Time
	value []string // of the field
}

func (w *world) Booked(_ context.Context, _ booking.Ref, field string) (is, several bool, err error) {
	return field == "visit" || field == "visits", field == "visits", nil
}
func (w *world) Title(context.Context, booking.Ref) (string, error) { return "Pumps", nil }
func (w *world) SetBooked(_ context.Context, _ booking.By, _ booking.Ref, _ string, ids []string) error {
	w.value = ids
	return nil
}
func (w *world) UserName(id string) (string, bool) { return id, id != "nobody" }

func monday() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) }

func open(t require.TestingT, ctx context.Context, w *world, s docstore.Store) *booking.Service { //nolint:revive // the test comes first here
	b, err := booking.New(ctx, booking.Options{Store: s, Records: w, People: w, Now: func() time.Time { return w.now },
		Calendar: func(context.Context, string) (*engine.Calendar, error) { return engine.Office(time.UTC), nil }})
	require.NoError(t, err)
	return b
}

func code(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func hour(h int) string { return monday().Add(time.Duration(h-8) * time.Hour).Format(time.RFC3339) }

// covers R-06: of many who want the last place at the same moment exactly as many get
// one as there are places, on every store.
func TestTheLastPlaceIsTakenOnce(t *testing.T) {
	stores := map[string]func(t *testing.T) docstore.Store{
		"memory": func(*testing.T) docstore.Store { return memstore.New(monday) },
		"SQLite": func(t *testing.T) docstore.Store {
			db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "b.db"), sqlitedb.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			s, err := sqlitestore.New(t.Context(), db, monday)
			require.NoError(t, err)
			return s
		},
		"MongoDB": func(t *testing.T) docstore.Store {
			return mongostore.New(mongotest.Open(t), monday, mongostore.Options{})
		},
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			kept := store(t)
			b := open(t, t.Context(), &world{now: monday()}, kept)
			const wanted, places = 12, 2
			room, err := b.AddResource(t.Context(), booking.By{Actor: "ada"}, booking.Rules{Name: "Blue", Kind: booking.Room, Capacity: places, Active: true})
			require.NoError(t, err)
			var mu sync.Mutex
			var won []string
			var lost int
			var all sync.WaitGroup
			for i := range wanted {
				all.Go(func() {
					made, err := b.Reserve(t.Context(), booking.By{Actor: "marta"}, "", booking.Wish{Resource: room.ID, From: hour(10), To: hour(11 + i%2)})
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won = append(won, made.ID)
						return
					}
					if code(err) == "resource_busy" {
						lost++
					}
				})
			}
			all.Wait()
			require.Len(t, won, places)
			require.Equal(t, wanted-places, lost, "all the others are told that it is taken")
			list, _, err := b.List(t.Context(), booking.Query{Resources: []string{room.ID}, Status: booking.Active})
			require.NoError(t, err)
			require.Len(t, list, places)

			// The event lies in the write that took the place.
			pending, err := kept.Pending(t.Context(), 50)
			require.NoError(t, err)
			var told []string
			for _, d := range pending {
				if d.Event.Kind == booking.EventReserved {
					c, err := booking.Read(d)
					require.NoError(t, err)
					told = append(told, c.After.ID)
				}
			}
			require.ElementsMatch(t, won, told)
		})
	}
}

// What the ledger holds and the list does not, because the server stopped between the
// two, is shown by the consumer of the events, and by whoever asks again.
func TestACrashBetweenLosesNothing(t *testing.T) {
	w := &world{now: monday()}
	kept := memstore.New(monday)
	b := open(t, t.Context(), w, kept)
	room, err := b.AddResource(t.Context(), booking.By{}, booking.Rules{Name: "Blue", Kind: booking.Room, Capacity: 1, Active: true})
	require.NoError(t, err)
	wish := booking.Wish{Resource: room.ID, From: hour(10), To: hour(11), Record: &booking.Ref{Type: "deal", ID: "d1"}, Field: "visit"}
	made, err := b.Reserve(t.Context(), booking.By{Run: "r1"}, "b1", wish)
	require.NoError(t, err)
	require.Equal(t, []string{"b1"}, w.value)

	shown, err := kept.Collection(t.Context(), docstore.Spec{Name: "bookings"})
	require.NoError(t, err)
	d, err := shown.Get(t.Context(), "b1")
	require.NoError(t, err)
	require.NoError(t, shown.Delete(t.Context(), "b1", d.Rev)) // as if it had never been written
	w.value = nil
	again, err := b.Reserve(t.Context(), booking.By{Run: "r1"}, "b1", wish)
	require.NoError(t, err)
	require.Equal(t, made.From, again.From)
	require.Equal(t, []string{"b1"}, w.value)

	_, err = b.Cancel(t.Context(), booking.By{Actor: "marta"}, "b1", 0, "no need")
	require.NoError(t, err)
	require.Empty(t, w.value)
	pending, err := kept.Pending(t.Context(), 50)
	require.NoError(t, err)
	for range 2 { // an event may come again, and after what is newer
		for _, d := range pending {
			if d.Collection == booking.Ledgers {
				require.NoError(t, b.Follow(t.Context(), d))
			}
		}
	}
	now, err := b.Get(t.Context(), "b1")
	require.NoError(t, err)
	require.Equal(t, booking.Canceled, now.Status)
	require.Empty(t, w.value)
	repeated, err := b.Reserve(t.Context(), booking.By{Run: "r1"}, "b1", wish)
	require.NoError(t, err)
	require.Equal(t, booking.Canceled, repeated.Status, "a robot that is asked again does not book again")
}

// Random bookings, moves and cancellations against a list that is looked through.
func TestNeverMoreThanThereArePlaces(t *testing.T) {
	type span struct{ from, to int }
	rapid.Check(t, func(t *rapid.T) {
		w := &world{now: monday()}
		ctx := context.Background()
		b := open(t, ctx, w, memstore.New(monday))
		places := rapid.IntRange(1, 3).Draw(t, "places")
		room, err := b.AddResource(ctx, booking.By{}, booking.Rules{Name: "Blue", Kind: booking.Room, Capacity: places, Active: true, AnyTime: true})
		require.NoError(t, err)
		model := map[string]span{}
		free := func(at span, except string) bool {
			for h := at.from; h < at.to; h++ {
				n := 0
				for id, s := range model {
					if id != except && s.from <= h && h < s.to {
						n++
					}
				}
				if n >= places {
					return false
				}
			}
			return true
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			from := rapid.IntRange(9, 20).Draw(t, "from")
			at := span{from, from + rapid.IntRange(1, 5).Draw(t, "hours")}
			ids := make([]string, 0, len(model))
			for id := range model {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			switch what := rapid.SampledFrom([]string{"book", "book", "move", "cancel"}).Draw(t, "what"); {
			case what == "book" || len(ids) == 0:
				made, err := b.Reserve(ctx, booking.By{}, "", booking.Wish{Resource: room.ID, From: hour(at.from), To: hour(at.to)})
				require.Equal(t, free(at, ""), err == nil, "%v in %v: %v", at, model, err)
				if err == nil {
					model[made.ID] = at
				}
			case what == "move":
				id := rapid.SampledFrom(ids).Draw(t, "which")
				f, to := hour(at.from), hour(at.to)
				_, err := b.Move(ctx, booking.By{}, id, 0, booking.Motion{From: &f, To: &to})
				require.Equal(t, free(at, id), err == nil, "%v in %v: %v", at, model, err)
				if err == nil {
					model[id] = at
				}
			default:
				id := rapid.SampledFrom(ids).Draw(t, "which")
				_, err := b.Cancel(ctx, booking.By{}, id, 0, "")
				require.NoError(t, err)
				delete(model, id)
			}
		}
		list, _, err := b.List(ctx, booking.Query{Status: booking.Active, Limit: docstore.MaxLimit})
		require.NoError(t, err)
		require.Len(t, list, len(model))
	})
}

// What was booked for a meeting that was never kept is free again.
func TestRoomsThatNobodyUsesAreFree(t *testing.T) {
	w := &world{now: monday()}
	b := open(t, t.Context(), w, memstore.New(monday))
	room, err := b.AddResource(t.Context(), booking.By{}, booking.Rules{Name: "Blue", Kind: booking.Room, Capacity: 2, Active: true})
	require.NoError(t, err)
	at := func(h int) docstore.Instant { return docstore.At(monday().Add(time.Duration(h-8) * time.Hour)) }
	for _, id := range []string{"kept", "lost"} {
		_, err := b.Take(t.Context(), booking.By{}, id, booking.Meeting{ID: "of-" + id, Resource: room.ID, From: at(10), To: at(11)}, "")
		require.NoError(t, err)
	}
	current := func(_ context.Context, activity string) (string, error) {
		if activity == "of-kept" {
			return "kept", nil
		}
		return "", nil
	}
	status := func(id string) string {
		found, err := b.Get(t.Context(), id)
		require.NoError(t, err)
		return found.Status
	}
	require.NoError(t, b.Unused(t.Context(), monday(), current), "too young: its activity may be on its way")
	require.Equal(t, booking.Active, status("lost"))
	w.now = monday().Add(6 * time.Minute)
	require.NoError(t, b.Unused(t.Context(), w.now.Add(-5*time.Minute), current))
	require.Equal(t, []string{booking.Active, booking.Canceled}, []string{status("kept"), status("lost")})
	retried, err := b.Take(t.Context(), booking.By{}, "lost", booking.Meeting{ID: "of-lost", Resource: room.ID, From: at(10), To: at(11)}, "")
	require.NoError(t, err)
	require.NotEqual(t, "lost", retried.ID, "what was given up is booked anew")
}

// What is booked for a record that became a part of another one is for that one: what
// takes time still and what is over, in the ledger and in lists, as often as it is
// told; what is for another record meanwhile stays there, and all of it goes back.
func TestBookingsAreCarried(t *testing.T) {
	ctx := t.Context()
	w := &world{now: monday()}
	b := open(t, ctx, w, memstore.New(monday))
	by := booking.By{Actor: "ada"}
	room, err := b.AddResource(ctx, by, booking.Rules{Name: "Blue", Kind: booking.Room, Capacity: 1, Active: true})
	require.NoError(t, err)
	one, two := booking.Ref{Type: "lead", ID: "one"}, booking.Ref{Type: "lead", ID: "two"}
	book := func(r booking.Ref, from int) string {
		made, err := b.Reserve(ctx, by, "", booking.Wish{Resource: room.ID, From: hour(from), To: hour(from + 1), Record: &r, Field: "visits"})
		require.NoError(t, err)
		return made.ID
	}
	past, ahead, its := book(one, 9), book(one, 14), book(two, 15)
	w.now = monday().Add(2 * time.Hour)
	_, err = b.Cancel(ctx, by, book(one, 16), 0, "ill")
	require.NoError(t, err)

	ids, err := b.Of(ctx, one)
	require.NoError(t, err)
	require.Len(t, ids, 3)
	for range 2 {
		require.NoError(t, b.Carry(ctx, by, append(ids, "never", its), one, two))
		left, err := b.Of(ctx, one)
		require.NoError(t, err)
		require.Empty(t, left)
		require.Equal(t, []string{past, ahead, its}, w.value)
	}
	moved, err := b.Move(ctx, by, ahead, 0, booking.Motion{Note: new(string)})
	require.NoError(t, err)
	require.Equal(t, two, *moved.Record, "the ledger knows it, too")

	require.NoError(t, b.Carry(ctx, by, ids, two, one))
	left, err := b.Of(ctx, two)
	require.NoError(t, err)
	require.Equal(t, []string{its}, left)
	require.Equal(t, []string{past, ahead}, w.value)
}
