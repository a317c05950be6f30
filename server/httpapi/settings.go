package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	channel "github.com/fluxo-app/fluxo/server/channel/mail"
	"github.com/fluxo-app/fluxo/server/mailbox"
	"github.com/fluxo-app/fluxo/server/problem"
)

// SystemInfo is what the settings page tells about the installation.
type SystemInfo struct {
	Version  string           `json:"version"`
	Database string           `json:"database"`
	Soffice  bool             `json:"soffice" doc:"LibreOffice was found: PDF documents can be made"`
	Sizes    map[string]int64 `json:"sizes" doc:"bytes by part, where the database tells"`
	Lag      map[string]int64 `json:"lagMs" doc:"age of the oldest undelivered event"`
}

func (a *API) mailRoutes() {
	const tag = "mail"
	route(a, spec{method: http.MethodGet, path: "/outbox", id: "listOutbox", summary: "The test outbox, newest first", tag: tag, need: member},
		func(ctx context.Context, in *Paging) (*list[mailbox.Letter], error) {
			if err := a.seesOutbox(ctx); err != nil {
				return nil, err
			}
			all, next, err := a.Mailbox.Letters(ctx, in.Limit, in.Cursor)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/outbox/{id}", id: "readOutbox", summary: "One message of the test outbox", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*reply[mailbox.Letter], error) {
			if err := a.seesOutbox(ctx); err != nil {
				return nil, err
			}
			l, err := a.Mailbox.Letter(ctx, in.ID)
			return body(l), err
		})
	route(a, spec{method: http.MethodGet, path: "/settings/mail", id: "readMailSettings", summary: "How mail is sent", tag: tag, need: "settings.manage"},
		func(ctx context.Context, _ *struct{}) (*tagged[mailbox.Settings], error) {
			s, err := a.Mailbox.Get(ctx)
			return withTag(s.Rev, s), err
		})
	route(a, spec{method: http.MethodPut, path: "/settings/mail", id: "putMailSettings", summary: "Change how mail is sent", tag: tag, need: "settings.manage"},
		func(ctx context.Context, in *struct{ Body mailbox.Settings }) (*tagged[mailbox.Settings], error) {
			s, err := a.Mailbox.Put(ctx, in.Body)
			return withTag(s.Rev, s), err
		})
	type sent struct {
		Provider string `json:"provider"`
		Response string `json:"response"`
	}
	route(a, spec{method: http.MethodPost, path: "/settings/mail/test", id: "testMail", summary: "Send a test message", tag: tag, need: "settings.manage", fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				To string `json:"to" minLength:"3" maxLength:"320" format:"email"`
			}
		}) (*reply[sent], error) {
			r, err := a.Mail.Send(ctx, channel.Message{MessageID: uuid.Must(uuid.NewV7()).String() + "@fluxo", To: in.Body.To, Subject: "Fluxo test message",
				Text: "Mail from Fluxo works.", Date: a.Clock.Now(), Sending: func(context.Context) error { return nil }})
			var failed *channel.Error
			if errors.As(err, &failed) {
				return nil, problem.New("mail_failed", "why", failed.Message).With("mailCode", failed.Code).With("mailRemedy", failed.Remedy)
			}
			return body(sent{r.Provider, r.Response}), err
		})
}

// seesOutbox lets operators and administrators read the test outbox, and in the
// demo everybody: its letters are addressed to people who do not exist.
func (a *API) seesOutbox(ctx context.Context) error {
	if a.Demo {
		return nil
	}
	return a.allowed(ctx, "settings.manage")
}

func (a *API) settingRoutes() {
	route(a, spec{method: http.MethodGet, path: "/settings/system", id: "readSystem", summary: "About this installation", tag: "settings", need: "settings.manage"},
		func(ctx context.Context, _ *struct{}) (*reply[SystemInfo], error) {
			i, err := a.System(ctx)
			return body(i), err
		})
}
