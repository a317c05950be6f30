// Package document makes Word and PDF documents from templates.
//
// A template is an ordinary DOCX in which a person has written {{ expressions }}
// of package expr, and these control tags:
//
//	{{#each record.products as item}} … {{/each}}
//	{{#if condition}} … {{#else}} … {{/if}}
//
// A control tag alone in a paragraph works on whole paragraphs and tables. A
// pair that opens and closes in different cells of one table row repeats the
// row. A pair within a paragraph works on the text between. Inside a loop the
// name index counts from 1.
//
// Reading order: template.go (parse, check, render), tree.go (XML kept as it
// was), paragraph.go (placeholders joined across runs), structure.go (control
// tags matched), converter.go (PDF through LibreOffice), demo.go (the sample
// contract).
package document
