// Package message correlates published messages with the runs that await them.
//
// Both sides store first and look second: a publisher stores the message, then
// looks for open subscriptions; the relay stores a subscription, then looks for
// buffered messages. Whoever comes second sees the other.
//
// A message has one receiver: the run that has waited longest under its name
// and key; else a process that it starts; else it is kept until it expires, for
// the first one that subscribes, and reported when nobody did. The receiver is
// noted on the message before it is delivered, so that two who look at the same
// time do not both deliver it. A run that finds the wait closed when the message
// comes returns it, and the next receiver is looked for.
//
// A signal goes to all who wait for it at its instant and to every process that
// it starts. It is not kept for those who come later; the store holds it for a
// while only for subscriptions that were opened before and copied after it.
//
// A delivery is an event with the id "<message id>:<wait>", of a signal
// "<signal id>:<run>", so delivering twice is the same delivery.
//
// Entry points: message.go (Publish, and Tick for what was left over), signal.go
// (Broadcast).
package message
