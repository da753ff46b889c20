{# Text without accents: DuckDB has a function, elsewhere the Latin letters that have them are translated. #}
{% macro sin_acentos(texto) -%}
    {{ return(adapter.dispatch('sin_acentos', 'pamga_leon')(texto)) }}
{%- endmacro %}

{% macro default__sin_acentos(texto) -%}
    {%- set con = [
        'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃń',
        'ŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǠǡǢǣǦǧǨǩǪǫǬǭǮǯǰǴǵǸǹǺǻǼǽǾǿȀȁȂȃȄȅȆȇȈȉȊȋ',
        'ȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍ',
        'ṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẛẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀ',
        'ềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ',
    ] | join('') -%}
    {%- set sin = [
        'AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyyAaAaAaCcCcCcCcDdEeEeEeEeEeGgGgGgGgHhIiIiIiIiIJjKkLlLlLlNn',
        'NnNnOoOoOoRrRrRrSsSsSsSsTtTtUuUuUuUuUuUuWwYyYZzZzZzOoUuAaIiOoUuUuUuUuUuAaAaÆæGgKkOoOoƷʒjGgNnAaÆæØøAaAaEeEeIiIi',
        'OoOoRrRrUuUuSsTtHhAaEeOoOoOoOoYyAaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOo',
        'OoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwyſAaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeE',
        'eEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy',
    ] | join('') -%}
    translate({{ cambiar_patron(texto, '\\p{Mn}', '') }}, '{{ con }}', '{{ sin }}')
{%- endmacro %}

{% macro duckdb__sin_acentos(texto) -%}
    strip_accents({{ texto }})
{%- endmacro %}

{# Every match of a pattern replaced: DuckDB wants a flag for that. #}
{% macro cambiar_patron(texto, patron, por) -%}
    {{ return(adapter.dispatch('cambiar_patron', 'pamga_leon')(texto, patron, por)) }}
{%- endmacro %}

{% macro default__cambiar_patron(texto, patron, por) -%}
    regexp_replace({{ texto }}, '{{ patron }}', '{{ por }}')
{%- endmacro %}

{% macro duckdb__cambiar_patron(texto, patron, por) -%}
    regexp_replace({{ texto }}, '{{ patron }}', '{{ por }}', 'g')
{%- endmacro %}

{# Text without the blanks around it: DuckDB's `trim` takes every kind of blank, elsewhere it takes the common one alone. #}
{% macro sin_blancos_alrededor(texto) -%}
    {{ return(adapter.dispatch('sin_blancos_alrededor', 'pamga_leon')(texto)) }}
{%- endmacro %}

{% macro default__sin_blancos_alrededor(texto) -%}
    {{ cambiar_patron(texto, '^\\p{Zs}+|\\p{Zs}+$', '') }}
{%- endmacro %}

{% macro duckdb__sin_blancos_alrededor(texto) -%}
    trim({{ texto }})
{%- endmacro %}
