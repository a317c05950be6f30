package crashtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// client is one person at the API. It repeats what got no answer with the same
// idempotency key, as a browser's retry does.
type client struct {
	t    *testing.T
	base string
	http *http.Client
	give time.Duration // how long one call may be repeated
}

type problemDocument struct {
	Status   int            `json:"status"`
	Code     string         `json:"code"`
	Detail   string         `json:"detail"`
	Decision map[string]any `json:"decision"`
}

func (p *problemDocument) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

func signIn(t *testing.T, base, login string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &client{t: t, base: base, http: &http.Client{Jar: jar, Timeout: 20 * time.Second}, give: 90 * time.Second}
	require.NoError(t, c.post("/session/demo", map[string]string{"login": login}, nil))
	return c
}

func (c *client) get(path string, into any) error {
	return c.do(http.MethodGet, path, nil, func() (io.Reader, string) { return nil, "" }, into)
}

func (c *client) post(path string, body, into any) error {
	return c.change(path, 0, body, into)
}

// change posts what must be based on a revision.
func (c *client) change(path string, rev int64, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(http.MethodPost, path, header{"Idempotency-Key": uuid.NewString(), "If-Match": tag(rev)}, func() (io.Reader, string) { return bytes.NewReader(data), "application/json" }, into)
}

func (c *client) put(path string, rev int64, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(http.MethodPut, path, header{"If-Match": tag(rev)}, func() (io.Reader, string) { return bytes.NewReader(data), "application/json" }, into)
}

func (c *client) upload(owner, name string, content []byte, into any) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := w.WriteField("owner", owner); err != nil {
		return err
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		return err
	}
	if _, err := part.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	data := form.Bytes()
	return c.do(http.MethodPost, "/files", header{"Idempotency-Key": uuid.NewString()}, func() (io.Reader, string) { return bytes.NewReader(data), w.FormDataContentType() }, into)
}

// header lists request headers; an empty one is not sent.
type header map[string]string

// tag is a revision as If-Match wants it, "" for none.
func tag(rev int64) string {
	if rev == 0 {
		return ""
	}
	return strconv.Quote(strconv.FormatInt(rev, 10))
}

// do sends a request until it is answered. Only an answer counts: a broken
// connection, 429, 503 and a first try without an answer are tried again.
func (c *client) do(method, path string, headers header, body func() (io.Reader, string), into any) error {
	deadline := time.Now().Add(c.give)
	for {
		reader, kind := body()
		request, err := http.NewRequest(method, c.base+"/api/v1"+path, reader)
		if err != nil {
			return err
		}
		if kind != "" {
			request.Header.Set("Content-Type", kind)
		}
		for name, value := range headers {
			if value != "" {
				request.Header.Set(name, value)
			}
		}
		data, status, err := c.once(request)
		switch {
		case err == nil && status < 300:
			if into == nil || len(data) == 0 {
				return nil
			}
			return json.Unmarshal(data, into)
		case err == nil && status == http.StatusConflict && bytes.Contains(data, []byte(`"idempotency_pending"`)):
			// The server died over the first try; the key is free again in a minute.
		case err == nil && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable:
			problem := &problemDocument{Status: status}
			if json.Unmarshal(data, problem) != nil {
				problem.Detail = string(data)
			}
			return fmt.Errorf("%s %s: %w\n%s", method, path, problem, data)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s %s: no answer within %s: %w", method, path, c.give, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *client) once(request *http.Request) ([]byte, int, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return data, response.StatusCode, err
}

func hasCode(err error, code string) bool {
	var p *problemDocument
	return errors.As(err, &p) && p.Code == code
}
