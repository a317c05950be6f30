// Package intake takes leads and orders that other systems push over the API: the
// client is known again by e-mail and phone or made, and a lead or a deal is added.
// What is sent again under its key or number is answered again and made once.
package intake
