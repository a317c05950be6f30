package expr

import "strings"

// saying is a message in words, before it is put into a language. Arguments are
// name and word by turns; a word that begins with typeMark is a type.
type saying struct {
	key  string
	args []string
}

const typeMark = "type:"

// say makes a saying of the table.
func say(key string, args ...string) saying { return saying{key: key, args: args} }

// in writes the saying in a language, in English when it is not known.
func (s saying) in(language string) string {
	at, ok := columns[language]
	if !ok {
		at = 0
	}
	text := sayings[s.key][at]
	for i := 0; i+1 < len(s.args); i += 2 {
		word := s.args[i+1]
		if name, isType := strings.CutPrefix(word, typeMark); isType {
			word = typeWords[typeKey(name)][at]
		}
		text = strings.ReplaceAll(text, "{"+s.args[i]+"}", word)
	}
	return text
}

// texts gives the saying in every language.
func (s saying) texts() map[string]string {
	texts := make(map[string]string, len(columns))
	for language := range columns {
		texts[language] = s.in(language)
	}
	return texts
}

// columns are the places of the languages in the tables below.
var columns = map[string]int{"en": 0, "pt-BR": 1, "pl": 2, "ru": 3}

// typeKey groups the library's names of types.
func typeKey(name string) string {
	switch {
	case strings.HasPrefix(name, "[]"), strings.HasPrefix(name, "array"):
		return "list"
	case strings.HasPrefix(name, "map"), strings.HasPrefix(name, "types.Map"):
		return "object"
	case name == "int64":
		return "int"
	case strings.HasPrefix(name, "func("): // what the time is, the only function that is a value
		return "time.Time"
	}
	if _, known := typeWords[name]; known {
		return name
	}
	return "other"
}

var typeWords = map[string][4]string{
	"string":        {"a text", "texto", "tekst", "текст"},
	"int":           {"a whole number", "número inteiro", "liczba całkowita", "целое число"},
	"float64":       {"a number", "número", "liczba", "число"},
	"bool":          {"true or false", "verdadeiro ou falso", "prawda lub fałsz", "да или нет"},
	"time.Time":     {"a date", "data", "data", "дата"},
	"time.Duration": {"a duration", "duração", "czas trwania", "длительность"},
	"nil":           {"empty", "vazio", "wartość pusta", "пустое значение"},
	"list":          {"a list", "lista", "lista", "список"},
	"object":        {"an object", "objeto", "obiekt", "объект"},
	"other":         {"another type", "outro tipo", "inny typ", "другой тип"},
}

var sayings = map[string][4]string{
	"unknownName":         {"there is no {name}", "não existe {name}", "nie ma {name}", "нет имени {name}"},
	"unknownNameNear":     {"there is no {name}; did you mean {near}?", "não existe {name}; seria {near}?", "nie ma {name}; może {near}?", "нет имени {name}; может быть, {near}?"},
	"unknownField":        {"there is no field {name}", "não existe o campo {name}", "nie ma pola {name}", "нет поля {name}"},
	"unknownFieldNear":    {"there is no field {name}; did you mean {near}?", "não existe o campo {name}; seria {near}?", "nie ma pola {name}; może {near}?", "нет поля {name}; может быть, {near}?"},
	"unknownFunction":     {"unknown function {name}", "função desconhecida {name}", "nieznana funkcja {name}", "неизвестная функция {name}"},
	"unknownFunctionNear": {"unknown function {name}; did you mean {near}?", "função desconhecida {name}; seria {near}?", "nieznana funkcja {name}; może {near}?", "неизвестная функция {name}; может быть, {near}?"},
	"noFieldOf":           {"{type} has no field {name}", "valor sem o campo {name}: {type}", "wartość nie ma pola {name}: {type}", "у значения нет поля {name}: {type}"},
	"endsEarly":           {"the expression ends too early; something is missing or a bracket is not closed", "a expressão termina cedo demais; falta algo ou um parêntese não foi fechado", "wyrażenie kończy się za wcześnie; czegoś brakuje albo nawias nie jest zamknięty", "выражение обрывается; чего-то не хватает или скобка не закрыта"},
	"singleEquals":        {"= is not expected here; write == to compare", "= não cabe aqui; escreva == para comparar", "= nie pasuje tutaj; do porównania służy ==", "= здесь не подходит; для сравнения пишите =="},
	"missingOperator":     {"{token} is not expected here; is an operator or a comma missing?", "{token} não cabe aqui; falta um operador ou uma vírgula?", "{token} nie pasuje tutaj; brakuje operatora lub przecinka?", "{token} здесь не подходит; не пропущен ли оператор или запятая?"},
	"unexpected":          {"{token} is not expected here", "{token} não cabe aqui", "{token} nie pasuje tutaj", "{token} здесь не подходит"},
	"openText":            {"the text is not closed with a quote", "o texto não foi fechado com aspas", "tekst nie jest zamknięty cudzysłowem", "текст не закрыт кавычкой"},
	"badCharacter":        {"the character {character} cannot stand here; texts stand in quotes", "o caractere {character} não cabe aqui; textos ficam entre aspas", "znak {character} nie może tu stać; teksty pisze się w cudzysłowie", "символ {character} здесь не подходит; тексты пишутся в кавычках"},
	"mismatch":            {"{operator} cannot be used with {left} and {right}", "{operator} não funciona com: {left}, {right}", "{operator} nie działa na wartościach: {left}, {right}", "{operator} не применяется к значениям: {left}, {right}"},
	"mismatchText":        {"{operator} cannot be used with {left} and {right}; write string(value) to make it a text", "{operator} não funciona com: {left}, {right}; escreva string(valor) para obter texto", "{operator} nie działa na wartościach: {left}, {right}; napisz string(wartość), by otrzymać tekst", "{operator} не применяется к значениям: {left}, {right}; чтобы получить текст, пишите string(значение)"},
	"mismatchOne":         {"{operator} cannot be used with {type}", "{operator} não funciona com: {type}", "{operator} nie działa na wartości: {type}", "{operator} не применяется к значению: {type}"},
	"conditionType":       {"a condition must be true or false, this is {type}", "uma condição deve ser verdadeira ou falsa; aqui há: {type}", "warunek musi być prawdą lub fałszem, a jest: {type}", "условие должно быть истинным или ложным, а здесь: {type}"},
	"argumentType":        {"{function} expects {expected} here, this is {actual}", "{function} espera: {expected}; aqui há: {actual}", "{function} oczekuje: {expected}, a jest: {actual}", "{function} ожидает: {expected}, а здесь: {actual}"},
	"arguments":           {"wrong number of arguments: {signature}", "quantidade errada de parâmetros: {signature}", "zła liczba argumentów: {signature}", "неверное число аргументов: {signature}"},
	"argumentsAtLeast":    {"at least {n} arguments are expected", "são precisos pelo menos {n} parâmetros", "potrzeba co najmniej {n} argumentów", "нужно не меньше {n} аргументов"},
	"noNumber":            {"{text} is no number", "{text} não é um número", "{text} to nie liczba", "{text} — не число"},
	"fieldOfList":         {"this is a list; take an element with [0] or first(list), or map(list, .field)", "isto é uma lista; use [0], first(lista) ou map(lista, .campo)", "to jest lista; użyj [0], first(lista) lub map(lista, .pole)", "это список; используйте [0], first(список) или map(список, .поле)"},
	"listExpected":        {"a list is expected here", "aqui é preciso uma lista", "tu potrzebna jest lista", "здесь нужен список"},
	"empty":               {"the expression is empty", "a expressão está vazia", "wyrażenie jest puste", "выражение пустое"},
	"tooLong":             {"the expression is longer than 4096 bytes; split it into several steps", "a expressão tem mais de 4096 bytes; divida-a em vários passos", "wyrażenie ma ponad 4096 bajtów; podziel je na kilka kroków", "выражение длиннее 4096 байт; разделите его на несколько шагов"},
	"textTooLong":         {"the text is longer than 256 KB", "o texto tem mais de 256 KB", "tekst ma ponad 256 KB", "текст длиннее 256 КБ"},
	"notText":             {"the expression is not valid UTF-8 text", "a expressão não é texto UTF-8 válido", "wyrażenie nie jest poprawnym tekstem UTF-8", "выражение не является текстом UTF-8"},
	"notUnderstood":       {"the expression cannot be understood", "a expressão não pôde ser entendida", "nie można zrozumieć wyrażenia", "выражение непонятно"},
	"openPlaceholder":     {"this {{ has no }}", "este {{ não tem }}", "to {{ nie ma }}", "у этого {{ нет }}"},
	"chained":             {"comparisons cannot be chained; write a < b and b < c", "comparações não podem ser encadeadas; escreva a < b and b < c", "porównań nie można łączyć; napisz a < b and b < c", "сравнения нельзя соединять в цепочку; пишите a < b and b < c"},
	"functionName":        {"{name} is the name of a function", "{name} é o nome de uma função", "{name} to nazwa funkcji", "{name} — имя функции"},
	"forbiddenName":       {"the name {name} cannot be used", "o nome {name} não pode ser usado", "nazwy {name} nie można użyć", "имя {name} использовать нельзя"},
	"noMethods":           {"only functions can be called, methods of values cannot; see the list of functions", "só funções podem ser chamadas, métodos de valores não; veja a lista de funções", "można wywołać tylko funkcje, nie metody wartości; zobacz listę funkcji", "вызывать можно только функции, а не методы значений; см. список функций"},
}
