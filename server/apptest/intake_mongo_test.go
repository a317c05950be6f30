package apptest_test

import (
	"os"
	"testing"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// What is pushed, how clients are known again and how they are merged, over the MongoDB
// wire protocol: the stories that make test plays in memory, one after another in one
// company.
func TestIntakeAndMergingOnMongoDB(t *testing.T) {
	t.Parallel()
	if mongotest.Light() && os.Getenv("FLUXO_SOAK") == "" { // the stand-in is slow
		t.Skip("a long test: set FLUXO_SOAK=1, as make soak does")
	}
	w := apptest.New(t, apptest.Options{MongoDB: mongotest.URI(t), Database: "intake_" + uuid.NewString()[:8]})
	for _, story := range []struct {
		name string
		play func(*testing.T, *apptest.World)
	}{
		{"leads are pushed", leadsArePushed},
		{"exceptions keep mails and calls out", exceptionsKeepMailsAndCallsOut},
		{"orders become deals", ordersBecomeDeals},
		{"a shop pushes its products", shopPushesItsProducts},
		{"duplicates become one and two again", mergeOverTheAPI},
	} {
		t.Run(story.name, func(t *testing.T) { story.play(t, w) })
	}
}
