package apptest_test

import (
	"io"

	"github.com/emersion/go-smtp"
)

// letter is one conversation with the test's mail server.
type letter struct {
	l  letters
	to string
}

func (s *letter) Mail(string, *smtp.MailOptions) error { return nil }

func (s *letter) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }

func (s *letter) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err == nil {
		s.l <- s.to + "\n" + string(text)
	}
	return err
}

func (s *letter) Reset() {}

func (s *letter) Logout() error { return nil }
