package app

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/store"
	channel "github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/identity"
)

// taskMails send what the bell tells of tasks to those who want it by mail, too. They
// are hints as the bell is: one that the mail server never takes is only noted in the
// log, what does not fit into the queue is not sent, and a restart forgets what waits.
type taskMails struct {
	sender channel.Sender
	origin string // what links begin with
	queue  chan taskMail

	waiting []taskMail // those to be tried again; touched by Mails only
}

// taskMail tells somebody of a task.
type taskMail struct {
	channel.Message
	task string // empty when it tells of several
	user string
	// tries were made before, and due is when the next is made.
	tries int
	due   time.Time
}

// taskMailPauses lie between the tries: a server that is restarted, or keeps strangers
// waiting (greylisting), is met again within an hour or two.
var taskMailPauses = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// mailsTo lets the bell of tasks send mails; it is set before anything is served.
func (b *bells) mailsTo(sender channel.Sender, origin string) {
	b.mails = &taskMails{sender: sender, origin: strings.TrimSuffix(origin, "/"), queue: make(chan taskMail, bellWaiting)}
}

// offer hands a mail over that tells what a notification does of a task, or of several.
func (m *taskMails) offer(to identity.User, n feed.Notification, task string) {
	if m == nil || !to.TaskMail || to.Email == "" {
		return
	}
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte("fluxo\x00task-mail\x00"+n.ID))
	message := channel.Message{MessageID: id.String() + "@fluxo", To: (&mail.Address{Name: to.Name, Address: to.Email}).String(), Subject: n.Text,
		Text:    n.Text + "\n\n" + m.origin + n.Link + "\n\n" + feed.Sentence(to.Language, "taskMailFoot", nil),
		Sending: func(context.Context) error { return nil }}
	select {
	case m.queue <- taskMail{Message: message, task: task, user: to.ID}:
	default:
	}
}

// Mails sends what is in the queue, and again what the mail server could not take,
// until ctx ends.
func (b *bells) Mails(ctx context.Context) error {
	m := b.mails
	for {
		next, until := ctx, func() {}
		if len(m.waiting) > 0 {
			next, until = b.clock.WithTimeout(ctx, m.waiting[0].due.Sub(b.clock.Now()))
		}
		select {
		case mail := <-m.queue:
			b.mail(ctx, mail)
		case <-next.Done():
		}
		until()
		if err := ctx.Err(); err != nil {
			return err
		}
		for len(m.waiting) > 0 && !m.waiting[0].due.After(b.clock.Now()) {
			again := m.waiting[0]
			m.waiting = m.waiting[1:]
			if b.stillOpen(ctx, again) {
				b.mail(ctx, again)
			}
		}
	}
}

// mail makes one try.
func (b *bells) mail(ctx context.Context, mail taskMail) {
	mail.Date = b.clock.Now()
	_, err := b.mails.sender.Send(ctx, mail.Message)
	if err == nil || ctx.Err() != nil {
		return
	}
	var failed *channel.Error
	again := errors.As(err, &failed) && failed.Class == channel.Temporary && mail.tries < len(taskMailPauses) && len(b.mails.waiting) < bellWaiting
	b.log.WarnContext(ctx, "mail about a task not sent", "error", err, "again", again)
	if !again {
		return
	}
	mail.due = mail.Date.Add(taskMailPauses[mail.tries])
	mail.tries++
	at, _ := slices.BinarySearchFunc(b.mails.waiting, mail, func(a, b taskMail) int { return a.due.Compare(b.due) })
	b.mails.waiting = slices.Insert(b.mails.waiting, at, mail)
}

// stillOpen tells whether a mail that waited has something to tell yet: nobody is
// called to a task that is over or that another has taken.
func (b *bells) stillOpen(ctx context.Context, mail taskMail) bool {
	if mail.task == "" {
		return true
	}
	t, err := b.store.Task(ctx, mail.task)
	if err != nil {
		return !errors.Is(err, store.ErrNotFound)
	}
	return t.Status == store.TaskOpen && (t.ClaimedBy == "" || t.ClaimedBy == mail.user)
}
