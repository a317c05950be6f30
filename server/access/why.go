package access

import "strings"

// words holds the explanations per language: what each action is called, and
// the sentences around it.
//
//nolint:misspell // most of it is not English
var words = map[string]struct {
	actions map[Action]string
	roles   map[string]string
	nobody  string
	none    string // {action} {roles}
	own     string
	dept    string
	below   string
	in      string // {action} {in}
	noRole  string
	reach   map[Reach]string // of one of several roles
}{
	"en": {
		actions: map[Action]string{
			DefinitionsView: "see processes", DefinitionsEdit: "edit processes", DefinitionsPublish: "publish processes",
			RunsView: "see runs", RunsStart: "start runs", RunsOperate: "repair runs", TasksView: "see tasks", TasksComplete: "complete tasks",
			UsersManage: "manage users", SettingsManage: "change settings", AuditView: "read the audit trail",
			CRMView: "see CRM records", CRMEdit: "edit CRM records",
			CRMAdd: "add CRM records", CRMDelete: "delete CRM records", CRMExport: "export CRM records", AutomationView: "see automation", AutomationEdit: "edit automation",
			PipelinesEdit: "edit pipelines", ProductsEdit: "edit the catalogue of products", TemplatesEdit: "edit templates",
		},
		roles:  map[string]string{Administrator: "administrator", Designer: "designer", Operator: "operator", Member: "member"},
		nobody: "nobody is signed in",
		none:   "it needs the right to {action}, which your roles ({roles}) do not give",
		own:    "your roles ({roles}) let you {action} only where you are responsible or take part",
		dept:   "your roles ({roles}) let you {action} only in your departments",
		below:  "your roles ({roles}) let you {action} only in your department and those below it",
		in:     "{action} in {in}",
		noRole: "none",
		reach:  map[Reach]string{Nothing: "none", Own: "their own", Department: "own department", Below: "own department and below"},
	},
	"pl": {
		actions: map[Action]string{
			DefinitionsView: "oglądanie procesów", DefinitionsEdit: "edycja procesów", DefinitionsPublish: "publikowanie procesów",
			RunsView: "oglądanie instancji", RunsStart: "uruchamianie instancji", RunsOperate: "naprawa instancji",
			TasksView: "oglądanie zadań", TasksComplete: "wykonywanie zadań",
			UsersManage: "zarządzanie użytkownikami", SettingsManage: "zmiana ustawień", AuditView: "przeglądanie dziennika audytu",
			CRMView: "oglądanie rekordów CRM", CRMEdit: "edycja rekordów CRM",
			CRMAdd: "dodawanie rekordów CRM", CRMDelete: "usuwanie rekordów CRM", CRMExport: "eksport rekordów CRM", AutomationView: "oglądanie automatyzacji", AutomationEdit: "edycja automatyzacji",
			PipelinesEdit: "edycja lejków", ProductsEdit: "edycja katalogu produktów", TemplatesEdit: "edycja szablonów",
		},
		roles:  map[string]string{Administrator: "administrator", Designer: "projektant", Operator: "operator", Member: "członek"},
		nobody: "nikt nie jest zalogowany",
		none:   "wymagane uprawnienie: {action}; Twoje role ({roles}) go nie dają",
		own:    "uprawnienie „{action}” Twoje role ({roles}) dają tylko tam, gdzie odpowiadasz lub bierzesz udział",
		dept:   "uprawnienie „{action}” Twoje role ({roles}) dają tylko w Twoich działach",
		below:  "uprawnienie „{action}” Twoje role ({roles}) dają tylko w Twoim dziale i działach podległych",
		in:     "{action}, lejek {in}",
		noRole: "brak",
		reach:  map[Reach]string{Nothing: "nic", Own: "własne", Department: "własny dział", Below: "własny dział i podległe"},
	},
	"pt-BR": {
		actions: map[Action]string{
			DefinitionsView: "ver processos", DefinitionsEdit: "editar processos", DefinitionsPublish: "publicar processos",
			RunsView: "ver instâncias", RunsStart: "iniciar instâncias", RunsOperate: "reparar instâncias", TasksView: "ver tarefas", TasksComplete: "concluir tarefas",
			UsersManage: "gerenciar usuários", SettingsManage: "alterar configurações", AuditView: "ler a trilha de auditoria",
			CRMView: "ver registros do CRM", CRMEdit: "editar registros do CRM",
			CRMAdd: "adicionar registros do CRM", CRMDelete: "excluir registros do CRM", CRMExport: "exportar registros do CRM", AutomationView: "ver a automação", AutomationEdit: "editar a automação",
			PipelinesEdit: "editar funis", ProductsEdit: "editar o catálogo de produtos", TemplatesEdit: "editar modelos",
		},
		roles:  map[string]string{Administrator: "administrador", Designer: "designer", Operator: "operador", Member: "membro"},
		nobody: "ninguém está conectado",
		none:   "é preciso ter o direito de {action}, que seus papéis ({roles}) não dão",
		own:    "seus papéis ({roles}) permitem {action} apenas onde você é responsável ou participa",
		dept:   "seus papéis ({roles}) permitem {action} apenas nos seus departamentos",
		below:  "seus papéis ({roles}) permitem {action} apenas no seu departamento e nos que estão abaixo dele",
		in:     "{action} em {in}",
		noRole: "nenhum",
		reach:  map[Reach]string{Nothing: "nada", Own: "os próprios", Department: "o próprio departamento", Below: "o próprio departamento e os abaixo"},
	},
	"ru": {
		actions: map[Action]string{
			DefinitionsView: "просмотр процессов", DefinitionsEdit: "изменение процессов", DefinitionsPublish: "публикация процессов",
			RunsView: "просмотр экземпляров", RunsStart: "запуск экземпляров", RunsOperate: "исправление экземпляров",
			TasksView: "просмотр задач", TasksComplete: "выполнение задач",
			UsersManage: "управление пользователями", SettingsManage: "изменение настроек", AuditView: "просмотр журнала аудита",
			CRMView: "просмотр записей CRM", CRMEdit: "изменение записей CRM",
			CRMAdd: "добавление записей CRM", CRMDelete: "удаление записей CRM", CRMExport: "выгрузка записей CRM", AutomationView: "просмотр автоматизации", AutomationEdit: "изменение автоматизации",
			PipelinesEdit: "изменение воронок", ProductsEdit: "изменение каталога товаров", TemplatesEdit: "изменение шаблонов",
		},
		roles:  map[string]string{Administrator: "администратор", Designer: "проектировщик", Operator: "оператор", Member: "участник"},
		nobody: "вход не выполнен",
		none:   "нужно право «{action}», которого ваши роли ({roles}) не дают",
		own:    "право «{action}» ваши роли ({roles}) дают только там, где вы ответственный или участник",
		dept:   "право «{action}» ваши роли ({roles}) дают только в ваших отделах",
		below:  "право «{action}» ваши роли ({roles}) дают только в вашем отделе и подчинённых ему",
		in:     "{action}, воронка {in}",
		noRole: "нет",
		reach:  map[Reach]string{Nothing: "ничего", Own: "свои", Department: "свой отдел", Below: "свой отдел и подчинённые"},
	},
}

// Why explains a denial in a language of the product, "" when it is allowed.
func (d Decision) Why(language string) string {
	if d.Allowed {
		return ""
	}
	w, ok := words[language]
	if !ok {
		w = words["en"]
	}
	if d.nobody {
		return w.nobody
	}
	roles := make([]string, 0, len(d.roles))
	for i, r := range d.roles {
		name, ok := w.roles[r]
		if !ok {
			name = r
		}
		if len(d.reaches) > 1 { // which of them gives how much
			name += ": " + w.reach[d.reaches[i]]
		}
		roles = append(roles, name)
	}
	if len(roles) == 0 {
		roles = []string{w.noRole}
	}
	sentence := map[Reach]string{Nothing: w.none, Own: w.own, Department: w.dept, Below: w.below}[d.reach]
	action := w.actions[d.Action]
	if d.in != "" {
		action = strings.NewReplacer("{action}", action, "{in}", d.in).Replace(w.in)
	}
	return strings.NewReplacer("{action}", action, "{roles}", strings.Join(roles, ", ")).Replace(sentence)
}
