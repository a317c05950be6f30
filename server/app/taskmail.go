package app

import (
	"context"
	"net/mail"
	"strings"

	"github.com/google/uuid"

	channel "github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/identity"
)

// taskMails send what the bell tells of tasks to those who want it by mail, too. They
// are hints as the bell is: a mail that the server refuses is only noted in the log,
// and what does not fit into the queue is not sent.
type taskMails struct {
	sender channel.Sender
	origin string // what links begin with
	queue  chan channel.Message
}

// mailsTo lets the bell of tasks send mails; it is set before anything is served.
func (b *bells) mailsTo(sender channel.Sender, origin string) {
	b.mails = &taskMails{sender: sender, origin: strings.TrimSuffix(origin, "/"), queue: make(chan channel.Message, bellWaiting)}
}

// offer hands a mail over that tells what a notification does.
func (m *taskMails) offer(to identity.User, n feed.Notification) {
	if m == nil || !to.TaskMail || to.Email == "" {
		return
	}
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte("fluxo\x00task-mail\x00"+n.ID))
	message := channel.Message{MessageID: id.String() + "@fluxo", To: (&mail.Address{Name: to.Name, Address: to.Email}).String(), Subject: n.Text,
		Text:    n.Text + "\n\n" + m.origin + n.Link + "\n\n" + feed.Sentence(to.Language, "taskMailFoot", nil),
		Sending: func(context.Context) error { return nil }}
	select {
	case m.queue <- message:
	default:
	}
}

// Mails sends what is in the queue until ctx ends.
func (b *bells) Mails(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case message := <-b.mails.queue:
			message.Date = b.clock.Now()
			if _, err := b.mails.sender.Send(ctx, message); err != nil && ctx.Err() == nil {
				b.log.WarnContext(ctx, "mail about a task not sent", "error", err)
			}
		}
	}
}
