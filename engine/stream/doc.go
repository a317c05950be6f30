// Package stream is the ordered fan-out behind the live views.
//
// A topic (a run, a definition's aggregate, a worklist, a board) has an epoch
// and a seq that is contiguous within the epoch. A viewer, one per connection,
// subscribes with the position it has; either it continues from there, or it
// has to load a snapshot and continue from that. Events carry the range of seq
// they cover, so the receiver can see a gap, drop what it knows and ask for a
// range. Nothing is promised across topics.
//
// The first event of a topic goes out at once, followers within the coalescing
// window together. Every event is encoded once, however many viewers there are.
// A viewer that does not read is never waited for: its queue is dropped and it
// is told to start again from a snapshot.
//
//	viewer := hub.NewViewer()
//	sub := viewer.Subscribe("run:r1", stream.Position{Epoch: epoch, Seq: 17})
//	if !sub.Resumed { send a snapshot taken after this call }
//	for { <-viewer.Waiting(); messages, err := viewer.Take(); write them }
//
// Entry points: hub.go (topics and publishing), viewer.go (one connection).
package stream
