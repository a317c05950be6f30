package apptest_test

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Products have a picture: told by its content, of a kind that every browser shows, of a
// size that lists can show; changed by those who look after the catalogue, seen by
// those who see it.
//
// covers E-01
func TestPicturesOfProducts(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta := w.As("ada"), w.As("marta")
		made := ada.Post("/products", map[string]any{"name": "Pictured", "sku": "PIC", "price": money(100, "PLN")}).Expect(201)
		id := made.Text("id")
		path := "/products/" + id + "/picture"
		drawn := image.NewGray(image.Rect(0, 0, 2, 2))
		var p, j, g bytes.Buffer
		require.NoError(t, png.Encode(&p, drawn))
		require.NoError(t, jpeg.Encode(&j, drawn, nil))
		require.NoError(t, gif.Encode(&g, drawn, nil))
		webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")

		first := ada.Upload(path, nil, "front.png", p.Bytes()).Expect(200).Text("pictureId")
		require.NotEmpty(t, first)
		seen := marta.Get("/files/" + first).Expect(200)
		require.Equal(t, []string{"image/png", `inline; filename=front.png`}, []string{seen.Header.Get("Content-Type"), seen.Header.Get("Content-Disposition")})
		require.Equal(t, first, marta.Get("/products?q=PIC").Expect(200).Text("items.0.pictureId"))

		// Another one takes its place. Whatever its name says.
		for _, content := range [][]byte{j.Bytes(), g.Bytes(), webp} {
			ada.Upload(path, nil, "other.txt", content).Expect(200)
		}
		ada.Get("/files/"+first).Problem(404, "not_found")
		last := ada.Get("/products/" + id).Expect(200)
		require.NotEqual(t, first, last.Text("pictureId"))

		// What is no picture is refused, whatever it is called, and leaves the one there is.
		for name, content := range map[string][]byte{"page.png": []byte("<html><script>alert(1)</script></html>"), "drawing.png": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "paper.png": []byte("%PDF-1.4\n%%EOF\n")} {
			ada.Upload(path, nil, name, content).Problem(415, "file_type")
		}
		ada.Upload(path, nil, "huge.png", append(p.Bytes(), make([]byte, 2<<20)...)).Problem(413, "file_too_large")
		marta.Upload(path, nil, "mine.png", p.Bytes()).Problem(403, "forbidden")
		marta.Do("DELETE", path, nil).Problem(403, "forbidden")
		ada.Upload("/products/none/picture", nil, "a.png", p.Bytes()).Problem(404, "not_found")
		ada.Upload("/files", map[string]string{"owner": "product:" + id}, "a.pdf", []byte("%PDF-1.4\n%%EOF\n")).Problem(422, "validation") // not by the other door
		ada.Do("DELETE", "/files/"+last.Text("pictureId"), nil).Problem(422, "validation")
		require.Equal(t, last.Text("pictureId"), marta.Get("/products/"+id).Expect(200).Text("pictureId"))

		// A change of the product keeps it; its end takes it along.
		ada.Do("PATCH", "/products/"+id, map[string]any{"name": "Still pictured"}, "If-Match", last.ETag()).Expect(200)
		kept := ada.Get("/products/" + id).Expect(200)
		require.Equal(t, last.Text("pictureId"), kept.Text("pictureId"))
		gone := ada.Do("DELETE", path, nil).Expect(200)
		require.Empty(t, gone.Text("pictureId"))
		ada.Get("/files/"+last.Text("pictureId")).Problem(404, "not_found")
		again := ada.Upload(path, nil, "front.png", p.Bytes()).Expect(200)
		ada.Do("DELETE", "/products/"+id, nil, "If-Match", ada.Get("/products/"+id).Expect(200).ETag()).Expect(204)
		ada.Get("/files/"+again.Text("pictureId")).Problem(404, "not_found")
	})
}
