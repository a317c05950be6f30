package expr

import (
	"regexp"
	"strings"
	"sync"
)

// heard are the messages of evaluations that failed, in English as they are kept
// with incidents, then in the languages of columns. A name in braces stands for
// what differs: described values and types are put into words too, and {rest} is
// itself a message.
var heard = [][4]string{
	{"the expression does too much work: {rest}", "a expressão exige trabalho demais: {rest}", "wyrażenie wymaga zbyt wiele pracy: {rest}", "выражение требует слишком много работы: {rest}"},
	{"the expression does too much work", "a expressão exige trabalho demais", "wyrażenie wymaga zbyt wiele pracy", "выражение требует слишком много работы"},
	{"a text may have at most {n} KB", "um texto pode ter no máximo {n} KB", "tekst może mieć najwyżej {n} KB", "текст может занимать не больше {n} КБ"},
	{"its texts take more than {n} MB", "os textos ocupam mais de {n} MB", "teksty zajmują ponad {n} MB", "тексты занимают больше {n} МБ"},
	{"a list may have at most {n} elements", "uma lista pode ter no máximo {n} elementos", "lista może mieć najwyżej {n} elementów", "в списке может быть не больше {n} элементов"},
	{"the value is nested too deeply", "o valor tem níveis demais", "wartość jest zbyt głęboko zagnieżdżona", "у значения слишком много уровней вложенности"},
	{"the value is nested deeper than {n} levels", "o valor tem mais de {n} níveis", "wartość ma ponad {n} poziomów", "у значения больше {n} уровней вложенности"},
	{"values nested deeper than {n} levels are compared", "os valores comparados têm mais de {n} níveis", "porównywane wartości mają ponad {n} poziomów", "у сравниваемых значений больше {n} уровней вложенности"},
	{"so many working days are too far away", "tantos dias úteis ficam longe demais", "tyle dni roboczych sięga zbyt daleko", "столько рабочих дней — это слишком далеко"},
	{"a condition must be true or false, this is {what}", "uma condição deve ser verdadeira ou falsa; aqui há: {what}", "warunek musi być prawdą lub fałszem, a jest: {what}", "условие должно быть истинным или ложным, а здесь: {what}"},
	{"a condition must be true or false", "uma condição deve ser verdadeira ou falsa", "warunek musi być prawdą lub fałszem", "условие должно быть истинным или ложным"},
	{"{what} cannot be written as text", "não pode ser escrito como texto: {what}", "nie można zapisać jako tekst: {what}", "нельзя записать текстом: {what}"},
	{"a text is expected, this is {what}", "é preciso um texto; aqui há: {what}", "potrzebny jest tekst, a jest: {what}", "нужен текст, а здесь: {what}"},
	{"a number is expected, this is {what}", "é preciso um número; aqui há: {what}", "potrzebna jest liczba, a jest: {what}", "нужно число, а здесь: {what}"},
	{"a whole number is expected, this is {what}", "é preciso um número inteiro; aqui há: {what}", "potrzebna jest liczba całkowita, a jest: {what}", "нужно целое число, а здесь: {what}"},
	{"a date is expected, this is {what}", "é preciso uma data; aqui há: {what}", "potrzebna jest data, a jest: {what}", "нужна дата, а здесь: {what}"},
	{"a list is expected, this is {what}", "é preciso uma lista; aqui há: {what}", "potrzebna jest lista, a jest: {what}", "нужен список, а здесь: {what}"},
	{"an object is expected, this is {what}", "é preciso um objeto; aqui há: {what}", "potrzebny jest obiekt, a jest: {what}", "нужен объект, а здесь: {what}"},
	{"an amount of money is expected, this is {what}", "é preciso um valor em dinheiro; aqui há: {what}", "potrzebna jest kwota, a jest: {what}", "нужна сумма денег, а здесь: {what}"},
	{"a user or group is expected, this is {what}", "é preciso um usuário ou grupo; aqui há: {what}", "potrzebny jest użytkownik lub grupa, a jest: {what}", "нужен пользователь или группа, а здесь: {what}"},
	{"a text, list or object is expected, this is {what}", "é preciso um texto, uma lista ou um objeto; aqui há: {what}", "potrzebny jest tekst, lista lub obiekt, a jest: {what}", "нужен текст, список или объект, а здесь: {what}"},
	{"a whole number is expected here, this is a text; only objects have fields with a name", "aqui é preciso um número inteiro, e há um texto; só objetos têm campos com nome", "tu potrzebna jest liczba całkowita, a jest tekst; tylko obiekty mają pola z nazwą", "здесь нужно целое число, а стоит текст; поля с именем есть только у объектов"},
	{"a number is expected here, this is {what}", "aqui é preciso um número, e há: {what}", "tu potrzebna jest liczba, a jest: {what}", "здесь нужно число, а стоит: {what}"},
	{"a list is expected here, this is {what}", "aqui é preciso uma lista, e há: {what}", "tu potrzebna jest lista, a jest: {what}", "здесь нужен список, а стоит: {what}"},
	{"a text or a list is expected here, this is {what}", "aqui é preciso um texto ou uma lista, e há: {what}", "tu potrzebny jest tekst lub lista, a jest: {what}", "здесь нужен текст или список, а стоит: {what}"},
	{"date takes one text or year, month and day", "date recebe um texto ou ano, mês e dia", "date przyjmuje jeden tekst albo rok, miesiąc i dzień", "date принимает один текст или год, месяц и день"},
	{"there is no date {date}", "não existe a data {date}", "nie ma daty {date}", "нет такой даты: {date}"},
	{"a date format may have at most 100 bytes", "um formato de data pode ter no máximo 100 bytes", "format daty może mieć najwyżej 100 bajtów", "формат даты может занимать не больше 100 байт"},
	{"{text} is not a time of day such as 09:30", "{text} não é uma hora do dia como 09:30", "{text} to nie godzina taka jak 09:30", "{text} — не время суток, такое как 09:30"},
	{"{name} takes at most a million", "{name} aceita no máximo um milhão", "{name} przyjmuje liczby do miliona", "{name} принимает не больше миллиона"},
	{"the date lies outside the years 1 to 9999", "a data fica fora dos anos 1 a 9999", "data leży poza latami 1–9999", "дата лежит за пределами годов 1–9999"},
	{"there is no working time left within two centuries", "não há mais tempo útil em dois séculos", "przez dwa stulecia nie ma już czasu pracy", "в ближайшие двести лет нет рабочего времени"},
	{"sortBy needs a value to sort by", "sortBy precisa de um valor pelo qual ordenar", "sortBy potrzebuje wartości, według której sortuje", "sortBy нужно значение, по которому сортировать"},
	{`the order is "asc" or "desc"`, `a ordem é "asc" ou "desc"`, `kolejność to "asc" lub "desc"`, `порядок — "asc" или "desc"`},
	{"trim takes at most 64 characters", "trim aceita no máximo 64 caracteres", "trim przyjmuje najwyżej 64 znaki", "trim принимает не больше 64 символов"},
	{"repeat takes 0 or more times, up to a million", "repeat aceita de 0 a um milhão de vezes", "repeat przyjmuje od 0 do miliona razy", "repeat принимает от 0 до миллиона раз"},
	{"round takes -15 to 15 digits", "round aceita de -15 a 15 casas", "round przyjmuje od -15 do 15 cyfr", "round принимает от -15 до 15 знаков"},
	{"this text is not JSON", "este texto não é JSON", "ten tekst nie jest w formacie JSON", "этот текст — не JSON"},
	{"the amount is too large", "o valor é grande demais", "kwota jest za duża", "сумма слишком велика"},
	{"amounts in {a} and {b} cannot be combined", "valores em {a} e {b} não podem ser combinados", "kwot w {a} i {b} nie można łączyć", "суммы в {a} и {b} нельзя объединить"},
	{"amounts in {a} and {b} cannot be compared", "valores em {a} e {b} não podem ser comparados", "kwot w {a} i {b} nie można porównać", "суммы в {a} и {b} нельзя сравнить"},
	{"two amounts cannot be used with {op}", "dois valores em dinheiro não funcionam com {op}", "dwóch kwot nie można użyć z {op}", "к двум суммам нельзя применить {op}"},
	{"an amount and a number cannot be used with {op}; write money(number, {currency})", "um valor em dinheiro e um número não funcionam com {op}; escreva money(número, {currency})", "kwoty i liczby nie można użyć z {op}; napisz money(liczba, {currency})", "к сумме и числу нельзя применить {op}; пишите money(число, {currency})"},
	{"an amount and {what} cannot be used with {op}", "{op} não funciona com um valor em dinheiro e: {what}", "{op} nie działa na kwocie i na: {what}", "{op} не применяется к сумме и к: {what}"},
	{"money needs a number and a currency of three letters such as PLN", "money precisa de um número e de uma moeda de três letras como PLN", "money potrzebuje liczby i waluty z trzech liter, takiej jak PLN", "money нужно число и валюта из трёх букв, такая как PLN"},
	{"division by zero", "divisão por zero", "dzielenie przez zero", "деление на ноль"},
	{"{left} and {right} cannot be used with {op}; write string(value) to make it a text", "{op} não funciona com: {left}, {right}; escreva string(valor) para obter texto", "{op} nie działa na wartościach: {left}, {right}; napisz string(wartość), by otrzymać tekst", "{op} не применяется к значениям: {left}, {right}; чтобы получить текст, пишите string(значение)"},
	{"{left} and {right} cannot be used with {op}; use addDays or daysBetween", "{op} não funciona com: {left}, {right}; use addDays ou daysBetween", "{op} nie działa na wartościach: {left}, {right}; użyj addDays lub daysBetween", "{op} не применяется к значениям: {left}, {right}; используйте addDays или daysBetween"},
	{"{left} and {right} cannot be used with {op}", "{op} não funciona com: {left}, {right}", "{op} nie działa na wartościach: {left}, {right}", "{op} не применяется к значениям: {left}, {right}"},
	{"{left} and {right} cannot be compared", "não é possível comparar: {left}, {right}", "nie można porównać: {left}, {right}", "нельзя сравнить: {left}, {right}"},
	{"{op} works on texts, not on {left} and {right}", "{op} trabalha com textos; aqui há: {left}, {right}", "{op} działa na tekstach, a są: {left}, {right}", "{op} работает с текстами, а здесь: {left}, {right}"},
	{"a pattern may have at most 500 bytes", "um padrão pode ter no máximo 500 bytes", "wzorzec może mieć najwyżej 500 bajtów", "шаблон может занимать не больше 500 байт"},
	{"the pattern is not valid: {why}", "o padrão não é válido: {why}", "wzorzec jest nieprawidłowy: {why}", "шаблон неверен: {why}"},
	{"the number is too large", "o número é grande demais", "liczba jest za duża", "число слишком велико"},
	{"the number {n} is too large", "o número {n} é grande demais", "liczba {n} jest za duża", "число {n} слишком велико"},
	{"a number is not valid: {n}", "um número não é válido: {n}", "liczba jest nieprawidłowa: {n}", "число неверно: {n}"},
	{"reduce needs a value to begin with when the list is empty", "reduce precisa de um valor inicial quando a lista está vazia", "reduce potrzebuje wartości początkowej, gdy lista jest pusta", "reduce нужно начальное значение, если список пуст"},
	{"this is not a value; a function needs brackets and arguments", "isto não é um valor; uma função precisa de parênteses e parâmetros", "to nie jest wartość; funkcja potrzebuje nawiasów i argumentów", "это не значение; функции нужны скобки и аргументы"},
	{"cannot read {name} of an empty value; write ?.{name} when it may be missing", "não é possível ler {name} de um valor vazio; escreva ?.{name} quando ele pode faltar", "nie można odczytać {name} z pustej wartości; napisz ?.{name}, jeśli może jej brakować", "нельзя прочитать {name} у пустого значения; пишите ?.{name}, если его может не быть"},
	{"there is no such element: the length is {n}, and the last one is [-1]", "não existe esse elemento: o comprimento é {n}, e o último é [-1]", "nie ma takiego elementu: długość to {n}, a ostatni to [-1]", "такого элемента нет: длина {n}, а последний — [-1]"},
	{"there is no element [{i}]: the length is {n}, and the first one is [0]", "não existe o elemento [{i}]: o comprimento é {n}, e o primeiro é [0]", "nie ma elementu [{i}]: długość to {n}, a pierwszy to [0]", "нет элемента [{i}]: длина {n}, а первый — [0]"},
	{`the fields of an object are named by texts, such as ["name"]`, `os campos de um objeto têm textos como nome, por exemplo ["name"]`, `pola obiektu nazywają teksty, na przykład ["name"]`, `поля объекта называются текстами, например ["name"]`},
	{"only texts and lists have parts such as [1:2]", "só textos e listas têm partes como [1:2]", "tylko teksty i listy mają części takie jak [1:2]", "части вроде [1:2] есть только у текстов и списков"},
	{"a value has the wrong type here", "um valor tem o tipo errado aqui", "wartość ma tu zły typ", "у значения здесь неверный тип"},
	{"the config is nested too deeply", "a configuração tem níveis demais", "konfiguracja jest zbyt głęboko zagnieżdżona", "у настроек слишком много уровней вложенности"},
}

// descriptions are what describe says of a value; {v} is the value itself.
var descriptions = [][4]string{
	{"the text {v}", "o texto {v}", "tekst {v}", "текст {v}"},
	{"the date {v}", "a data {v}", "data {v}", "дата {v}"},
	{"the duration {v}", "a duração {v}", "czas trwania {v}", "длительность {v}"},
	{"the amount {v}", "o valor {v}", "kwota {v}", "сумма {v}"},
	{"the number {v}", "o número {v}", "liczba {v}", "число {v}"},
	{"another kind of value", "outro tipo de valor", "inny rodzaj wartości", "значение другого вида"},
	{"true", "verdadeiro", "prawda", "да"},
	{"false", "falso", "fałsz", "нет"},
}

// phrase is a row of a table with what its English form looks like.
type phrase struct {
	form  *regexp.Regexp
	names []string
	texts [4]string
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func phrasesOf(rows [][4]string) []phrase {
	made := make([]phrase, 0, len(rows))
	for _, row := range rows {
		t := phrase{texts: row}
		var form strings.Builder
		form.WriteString(`(?s)^`)
		from := 0
		for _, at := range placeholder.FindAllStringSubmatchIndex(row[0], -1) {
			form.WriteString(regexp.QuoteMeta(row[0][from:at[0]]) + `(.+?)`)
			t.names = append(t.names, row[0][at[2]:at[3]])
			from = at[1]
		}
		form.WriteString(regexp.QuoteMeta(row[0][from:]) + `$`)
		t.form = regexp.MustCompile(form.String())
		made = append(made, t)
	}
	return made
}

var (
	messagePhrases = sync.OnceValue(func() []phrase {
		rows := heard
		for _, key := range sortedKeys(sayings) {
			rows = append(rows, sayings[key])
		}
		return phrasesOf(rows)
	})
	valuePhrases = sync.OnceValue(func() []phrase {
		rows := descriptions
		for _, key := range sortedKeys(typeWords) {
			rows = append(rows, typeWords[key])
		}
		return phrasesOf(rows)
	})
)

// Translate puts the English message of an Error, as it is kept with what an
// evaluation has stopped, into a language (en, pt-BR, pl or ru). What it does not
// know stays as it is: processes may fail with messages of their own.
func Translate(message, language string) string {
	at, ok := columns[language]
	if !ok || at == 0 {
		return message
	}
	return inWords(messagePhrases(), message, at)
}

func inWords(phrases []phrase, text string, at int) string {
	for _, t := range phrases {
		match := t.form.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		words := make([]string, 0, 2*len(t.names))
		for i, name := range t.names {
			word := match[i+1]
			switch name {
			case "rest":
				word = inWords(messagePhrases(), word, at)
			case "what", "left", "right", "type", "expected", "actual":
				word = inWords(valuePhrases(), word, at)
			}
			words = append(words, "{"+name+"}", word)
		}
		return strings.NewReplacer(words...).Replace(t.texts[at])
	}
	return text
}
